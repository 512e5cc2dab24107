#!/usr/bin/env python3
"""The page of a run, in a browser without a network: what it shows, what one can do with it, and that nothing in a run becomes more
than text. Pictures go to tests/page/pictures of the build folder."""

import os
import re
import shutil
import tempfile
import unittest

import reports
import runs
from browser import Browser

PICTURES = os.path.join(reports.BUILD, 'tests', 'page', 'pictures')


def setUpModule():
    global browser, folder
    browser = Browser()
    unittest.addModuleCleanup(browser.close)
    folder = tempfile.mkdtemp(prefix='caaproof-page-')
    unittest.addModuleCleanup(shutil.rmtree, folder)
    os.makedirs(PICTURES, exist_ok=True)


def page_of(name, rows, *most, **more):
    run, paths = runs.save(folder, name, rows, **more)
    path = os.path.join(folder, name + '.html')
    with open(path, 'wb') as f:
        f.write(reports.make('html', paths, *most))
    return run, path


class Page(unittest.TestCase):
    rows = runs.few()

    @classmethod
    def setUpClass(cls):
        cls.run_of, cls.path = page_of('few', cls.rows)

    def setUp(self):
        browser.open(self.path)
        browser.frame()

    def tearDown(self):
        """TEST R-INC-6: whatever a test did, the page stands alone and says nothing to the console."""
        self.assertEqual(browser.errors(), [])
        asked = [url for url in browser.requests() if not url.startswith(('chrome:', 'data:', 'file://' + folder))]
        self.assertEqual(asked, [])

    def show(self, part='certificates'):
        browser.run('document.getElementById(arguments[0]).scrollIntoView()', part)
        browser.frame()

    def text(self, selector):
        return browser.one(selector).text

    def names(self):
        return [e.text.splitlines()[0] for e in browser.all('#grid tr.row .toggle')]

    def choose(self, field, value):
        browser.run('const f = document.getElementById(arguments[0]); f.value = arguments[1]; f.dispatchEvent(new Event("change"));', 'f-' + field, value)
        browser.frame()

    def search(self, text):
        browser.run('const f = document.getElementById("f-text"); f.value = arguments[0]; f.dispatchEvent(new Event("input"));', text)
        browser.frame(140)  # a pause in typing is waited for

    def open_row(self, text):
        """Searches, and opens the first row found."""
        self.search(text)
        self.show()
        browser.one('#grid .toggle').click()
        browser.frame()
        return browser.one('#grid .panel').text

    def test_numbers_are_those_of_the_run(self):
        counts = self.run_of['counts']
        tiles = {e.text.splitlines()[0]: e.text.splitlines()[1] for e in browser.all('.tile')}
        self.assertEqual(tiles['Certificates examined'], str(counts['certificates']))
        self.assertEqual(tiles['Remaining valid'], str(counts['remaining_valid']))
        self.assertEqual(tiles['To be revoked'], str(self.run_of['remedies'][3]['revoke']))
        self.assertEqual(tiles['Rows not readable'], str(counts['rejected']))
        self.assertEqual(tiles['Past their deadline'], str(self.run_of['duties'][0]['late']))
        self.assertEqual(tiles['First deadline'], '12 h 35 min ago')
        for remedy, card in zip(self.run_of['remedies'], browser.all('.remedy')):
            self.assertEqual([e.text for e in card.find_elements('css selector', '.big')], [str(remedy['revoke']), str(remedy['spare'])])
            self.assertIn({'yes': 'in line', 'no': 'not in line'}[remedy['in_line']], card.text)
            self.assertIn(remedy['why'], card.text)
            for member, what in (('unused_permit', 'revoked'), ('unused_spared', 'spared')):
                self.assertEqual('%d of those %s' % (remedy[member], what) in card.text, remedy[member] != 0)
        self.assertEqual([[e.text for e in row.find_elements('css selector', 'td')][1:] for row in browser.all('.differences tbody tr')],
                         [[str(d[m]) for m in ('only_of', 'only_and', 'both')] for d in self.run_of['differences']])

    def test_matrix_adds_up_and_filters(self):
        cells = {(c['class'], c['process']): c for c in self.run_of['matrix']}
        self.assertEqual(sorted(int(e.text.splitlines()[0]) for e in browser.all('.pick')), sorted(c['certificates'] for c in cells.values()))
        self.assertEqual(browser.all('.matrix tfoot td')[-1].text.splitlines(), [str(len(self.rows)), '41 valid'])
        browser.one('.pick').click()
        browser.frame()
        shown = [c for c in self.rows if (c['class'], c['process']) == ('PROVEN', 'consulted')]
        self.assertTrue(self.text('#count').startswith('%d of %d' % (len(shown), len(self.rows))))
        self.assertEqual({e.text for e in browser.all('#grid tr.row td:nth-child(2)')}, {'PROVEN'})

    def test_inputs_statements_and_precedents(self):
        inputs = self.text('#inputs')
        for given in self.run_of['inputs']:
            self.assertIn(given['sha256'], re.sub(r'\s', '', inputs))
            self.assertIn('{:,}'.format(given['records']), inputs)
        self.assertEqual([e.text for e in browser.all('#inputs td:nth-child(8)')], ['yes'] * 4)
        self.assertEqual([e.text for e in browser.all('.statements .tag')], ['proven', 'proven', 'likely', 'unknown'])
        self.assertEqual(browser.one('#precedents a').get_attribute('href'), 'https://bugzilla.mozilla.org/show_bug.cgi?id=1398545')
        self.assertEqual(len(browser.all('#timeline g.day')), len(self.run_of['days']))

    def test_search(self):
        self.search('host-8.example')
        self.assertEqual(self.names(), ['host-8.example'])
        self.search('EU.HOST-8 ca.example')
        self.assertEqual(self.names(), ['host-8.example'])
        self.search(self.rows[5]['serial'])
        self.assertEqual(self.names(), [self.rows[5]['names'][0]['name']])
        self.search(self.rows[6]['certificate'][:20])
        self.assertEqual(len(self.names()), 1)
        self.search('nothing like it')
        self.assertEqual(self.names(), [])
        self.assertIn('No certificate fits', self.text('#grid'))
        browser.one('#clear').click()
        self.assertIn('All %d certificates, most urgent first' % len(self.rows), self.text('#count'))

    def test_filters_together(self):
        self.choose('remedy', 'recheck/spare')
        self.choose('class', 'PROVEN-DENY')
        self.choose('status', 'valid')
        self.choose('duty', '24h')
        wanted = [c for c in self.rows if c['class'] == 'PROVEN-DENY' and not c['remedies']['recheck'] and c['status'] == 'valid' and c['duty'] == '24h']
        self.assertTrue(wanted)
        self.assertTrue(self.text('#count').startswith('%d of' % len(wanted)))
        self.choose('process', 'unknown')
        self.assertTrue(self.text('#count').startswith('%d of' % len([c for c in wanted if c['process'] == 'unknown'])))

    def test_sort(self):
        self.show()
        header = browser.one('#s-signed')
        header.click()
        browser.frame()
        signed = sorted(c['signed'][:16].replace('T', ' ') for c in self.rows)
        self.assertEqual(browser.one('#grid tr.row td:nth-child(5)').text, signed[0])
        self.assertEqual(browser.one('th.w-signed').get_attribute('aria-sort'), 'ascending')
        header.click()
        browser.frame()
        self.assertEqual(browser.one('#grid tr.row td:nth-child(5)').text, signed[-1])
        self.assertEqual(browser.one('th.w-signed').get_attribute('aria-sort'), 'descending')
        header.click()
        browser.frame()
        self.assertEqual(self.names()[1], self.rows[1]['names'][0]['name'])

    def test_a_row_opens_to_its_climb(self):
        certificate = next(c for c in self.rows if c['names'][0]['name'] == 'host-8.example')
        panel = self.open_row('host-8.example')
        self.assertIn(certificate['certificate'], re.sub(r'\s', '', panel))
        for name in certificate['names']:
            for step in name['climb']:
                self.assertIn('%s:%d' % (step['source'], step['line']), panel)
            for record in name['records']:
                self.assertIn(record, panel)
        self.assertEqual(len(browser.all('.climb li.decides')), len(certificate['names']))
        self.assertIn('Relevant RRset at ' + certificate['names'][0]['found_at'], panel)
        self.assertRegex(panel, r'Signed \d+ h \d+ min after the check, within its window of 8 h 0 min')
        self.assertIn('in 17 h 25 min', panel)
        self.assertEqual(browser.one('#grid .toggle').get_attribute('aria-expanded'), 'true')
        browser.one('#grid .toggle').click()
        browser.frame()
        self.assertEqual(browser.all('#grid .panel'), [])

    def test_outside_the_window_is_said(self):
        stale = next(c for c in self.rows if c['class'] == 'TAINTED' and len(c['names']) == 1)
        self.assertRegex(self.open_row(stale['serial']), r'Signed .* after its window of 8 h 0 min had ended')

    def test_many_names(self):
        self.open_row('n0.many.test')
        self.assertEqual(len(browser.all('.name')), 25)
        browser.one('.panel button').click()
        browser.frame()
        self.assertEqual(len(browser.all('.name')), 60)
        self.assertIn('No answer about this name', self.text('.panel'))

    def test_keyboard(self):
        self.show()
        browser.run('document.getElementById("t1").focus()')
        browser.driver.switch_to.active_element.send_keys('\ue007')  # Enter
        browser.frame()
        self.assertEqual(len(browser.all('#grid .panel')), 1)
        self.assertEqual(browser.run('return document.activeElement.id'), 't1')

    def test_hostile_text_stays_text(self):
        self.assertFalse(browser.all('img, b > script, iframe, object'))
        for text in runs.HOSTILE:
            shown = text.replace('\u202e', '\\u{202E}')
            certificate = next(c for c in self.rows if c['account'] == text)
            self.assertIn(shown, self.open_row(certificate['serial']))
        panel = self.open_row('xss.test')
        self.assertIn('0 issue "%s"' % runs.HOSTILE[0], panel)
        self.assertEqual(browser.run('return document.querySelectorAll("script").length'), 2)
        self.assertNotIn('\u202e', browser.run('return document.body.innerText'))

    def test_policy_of_the_page_forbids_what_it_does_not_need(self):
        with open(self.path, encoding='utf-8') as f:
            text = f.read()
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1)
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn('unsafe', policy)
        self.assertNotRegex(policy, 'https?:')
        data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S).group(1)
        self.assertNotRegex(data, '[<>&]')
        self.assertIsNone(browser.run('const s = document.createElement("script"); s.textContent = "window.ran = 1"; document.body.append(s); return window.ran;'))
        self.assertIn('Content Security Policy', browser.errors()[0]['message'])

    def test_everything_has_a_name(self):
        """Tables have headers, fields have labels, regions are named, ids are unique."""
        self.assertEqual(browser.run('''return [...document.querySelectorAll("input, select")].filter((f) => !f.labels.length).length +
            [...document.querySelectorAll("table")].filter((t) => !t.querySelector("thead th[scope=col]")).length +
            [...document.querySelectorAll("[role=region]")].filter((r) => !r.getAttribute("aria-label")).length +
            [...document.querySelectorAll("section")].filter((s) => !document.getElementById(s.getAttribute("aria-labelledby"))).length'''), 0)
        ids = browser.run('return [...document.querySelectorAll("[id]")].map((e) => e.id)')
        self.assertEqual(len(ids), len(set(ids)))

    def contrast(self):
        """The lowest contrast of text and tags against what is behind them."""
        return browser.run('''
            const parse = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
            const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
            const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
            let worst = [99, ""];
            for (const e of document.querySelectorAll("main *, header *, nav *, footer *")) {
              if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || e.closest("svg, option, .sum.soft")) continue;
              const a = light(parse(getComputedStyle(e).color)), b = light(behind(e)), ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
              if (ratio < worst[0]) worst = [ratio, e.outerHTML.slice(0, 120)];
            }
            return worst;''')

    def test_light_dark_narrow(self):
        for name, dark, width in (('light', False, 1360), ('dark', True, 1360), ('narrow', False, 420)):
            browser.open(self.path, dark=dark, width=width)
            browser.frame()
            self.open_row('host-8.example')
            self.assertGreaterEqual(self.contrast()[0], 4.5, (name, self.contrast()))
            self.assertLessEqual(browser.run('return document.documentElement.scrollWidth'), width, name)
            browser.picture(os.path.join(PICTURES, 'expanded-%s.png' % name), whole=False)
            browser.one('#clear').click()
            browser.frame()
            browser.picture(os.path.join(PICTURES, name + '.png'))

    def test_print(self):
        """All rows, no controls, on paper's width and colours."""
        pdf = browser.pdf()
        self.assertTrue(pdf.startswith(b'%PDF'))
        with open(os.path.join(PICTURES, 'print.pdf'), 'wb') as f:
            f.write(pdf)
        browser.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'media': 'print'})
        browser.size(760, 1075)
        browser.run('dispatchEvent(new Event("beforeprint"))')
        browser.frame()
        self.assertEqual(len(browser.all('#grid tr.row')), len(self.rows))
        self.assertLessEqual(browser.run('return document.documentElement.scrollWidth'), 760)
        self.assertFalse(browser.one('.controls').is_displayed() or browser.one('nav').is_displayed())
        browser.picture(os.path.join(PICTURES, 'print.png'))
        browser.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'media': ''})

    def test_same_run_same_octets(self):
        _, again = page_of('again', self.rows)
        with open(self.path, 'rb') as a, open(again, 'rb') as b:
            self.assertEqual(a.read(), b.read())

    def test_a_run_of_nothing(self):
        """Empty lists, nulls, and remedies that are not available."""
        none = [dict(r, available=False, revoke=0, spare=0, in_line='no', why='No recheck was made.') for r in self.run_of['remedies']]
        empty = {m: [] for m in ('matrix', 'grades', 'reasons', 'differences', 'duties', 'days', 'statements', 'precedents', 'inputs')}
        options = dict(self.run_of['options'], aware=None, own=[])
        counts = dict.fromkeys(self.run_of['counts'], 0)
        run, paths = runs.save(folder, 'nothing', self.rows, remedies=none, recheck=None, options=options, counts=counts, **empty)
        with open(paths[1], 'w', encoding='utf-8'):
            pass
        path = os.path.join(folder, 'nothing.html')
        with open(path, 'wb') as f:
            f.write(reports.make('html', paths))
        browser.open(path)
        browser.frame()
        self.assertEqual([e.text.splitlines()[-1] for e in browser.all('.remedy')], ['Not available. No recheck was made.'] * 4)
        self.assertIn('No certificate fits', self.text('#grid'))
        self.assertIn('None on record', self.text('#precedents'))
        self.assertIn('No check against DNS was made', self.text('#reasons'))


class Large(unittest.TestCase):
    """Twenty thousand rows: only those in view are drawn, and everything is there at once."""

    N = 20000

    @classmethod
    def setUpClass(cls):
        cls.rows = runs.many(cls.N)
        cls.run_of, cls.path = page_of('large', cls.rows)
        browser.open(cls.path)
        browser.frame()

    def timed(self, script):
        return browser.run('const from = performance.now(); %s; return performance.now() - from;' % script)

    def test_large(self):
        self.assertIn('All 20,000 certificates', browser.one('#count').text)
        self.assertLess(len(browser.all('#grid tr.row')), 80)
        self.assertLess(self.timed('document.getElementById("s-name").click()'), 1500)
        self.assertLess(self.timed('const f = document.getElementById("f-class"); f.value = "TAINTED"; f.dispatchEvent(new Event("change"))'), 500)
        browser.one('#clear').click()
        browser.run('document.getElementById("grid").scrollTop = 1e9')
        browser.frame()
        self.assertEqual(browser.all('#grid tr.row')[-1].get_attribute('aria-rowindex'), str(self.N + 1))
        last = self.rows[-1]['names'][0]['name']
        self.assertEqual(browser.all('#grid tr.row .toggle')[-1].text, last)
        browser.run('document.getElementById(arguments[0]).click()', 't%d' % (self.N - 1))
        browser.run('document.getElementById("grid").scrollTop = 1e9')
        browser.frame()
        self.assertIn(last, browser.one('#grid .panel').text)
        browser.run('document.getElementById("grid").scrollTop = 300000')
        browser.frame()
        self.assertLess(len(browser.all('#grid tr.row')), 80)
        self.assertEqual(browser.errors(), [])

    def test_no_more_than_asked_for(self):
        _, path = page_of('most', self.rows, '500')
        browser.open(path)
        browser.frame()
        self.assertIn("first 500 of the run's 20,000", browser.one('#count').text)


if __name__ == '__main__':
    unittest.main(verbosity=1)
