#!/usr/bin/python3
"""caaproof check --batch: order, errors in their place, memory, use as a coprocess."""

import json
import os
import subprocess

import cli
import check_data


def batch(lines, *args):
    text = ''.join((line if isinstance(line, str) else json.dumps(line)) + '\n' for line in lines)
    code, out, err = cli.run('check', '--batch', *args, text=text)
    return code, [json.loads(line) for line in out.splitlines()], err


class Batch(cli.unittest.TestCase):
    def test_order_and_ids(self):
        records = ['0 issue "ca.example.net"', '0 issue ";"']
        _, results, _ = batch([cli.request('n%d' % i, records[i % 2]) for i in range(200)])
        self.assertEqual([r['id'] for r in results], ['n%d' % i for i in range(200)])
        self.assertEqual([r['verdict'] for r in results], ['PERMIT', 'DENY'] * 100)

    def test_each_says_where_its_answers_came_from(self):
        answer = {'name': 'www.d.test', 'outcome': 'nodata'}
        zone, asks = cli.request('zone'), cli.request('asks')
        del asks['zone']
        lines = [zone, asks, dict(asks, id='answers', answers=[answer]), dict(zone, id='again')]
        self.assertEqual([r['source'] for r in batch(lines, '--answers', os.devnull)[1]],
                         ['request', 'recorded', 'request', 'request'])

    def test_no_id(self):
        line = cli.request()
        del line['id']
        self.assertNotIn('id', batch([line])[1][0])

    def test_a_bad_line_has_its_place(self):
        lines = [cli.request('a'), 'nonsense', cli.request('b', nonsense=1), cli.request('c', names=['a..b']),
                 cli.request('d', zone='x y z'), cli.request('e')]
        code, results, _ = batch(lines)
        self.assertEqual(code, 65)
        self.assertEqual([r.get('error', {}).get('code') for r in results],
                         [None, 'json', 'request', 'name', 'zone', None])
        self.assertEqual([r.get('id') for r in results], ['a', None, 'b', 'c', 'd', 'e'])

    def test_an_id_that_is_no_text_is_not_echoed(self):
        line = cli.request()
        line['id'] = 5
        result = batch([line])[1][0]
        self.assertEqual(result['error']['code'], 'request')
        self.assertNotIn('id', result)

    def test_denials_are_no_errors(self):
        self.assertEqual(batch([cli.request(record='0 issue ";"')])[0], 0)

    def test_defaults_from_options(self):
        line = cli.request()
        del line['issuer']
        self.assertEqual(batch([line], '--issuer', 'other.example')[1][0]['verdict'], 'DENY')
        self.assertEqual(batch([line], '--issuer', 'ca.example.net')[1][0]['verdict'], 'PERMIT')

    def test_empty_input_and_missing_line_end(self):
        self.assertEqual(batch([]), (0, [], ''))
        code, out, _ = cli.run('check', '--batch', text=json.dumps(cli.request()))
        self.assertEqual((code, len(out.splitlines())), (0, 1))

    def test_input_that_cannot_be_read(self):
        with open(os.devnull, encoding='ascii') as null:
            for first in ({'stdin': os.open('/', os.O_RDONLY)}, {'stdin': null, 'preexec_fn': lambda: os.close(0)}):
                done = subprocess.run([cli.BINARY, 'check', '--batch', '--answers', os.devnull], **first, timeout=60,
                                      capture_output=True, check=False)
                self.assertEqual((done.returncode, done.stdout), (74, b''))
                self.assertIn(b'caaproof: ', done.stderr)

    def test_a_result_beyond_all_limits_has_its_place(self):
        record = 'd.test. 60 IN CAA 0 x "%s"\n' % ('y' * 60000)
        big = cli.request('big', names=['n%d.d.test' % i for i in range(4000)], zone=cli.SOA + record)
        code, results, _ = batch([big, cli.request('next')])
        self.assertEqual(code, 65)
        self.assertEqual([r['id'] for r in results], ['big', 'next'])
        self.assertIn('larger', results[0]['error']['message'])
        schema = cli.schema('result')
        self.assertEqual(check_data.errors(schema, schema, results[0], 'big'), [])
        self.assertEqual(results[1]['verdict'], 'PERMIT')

    def test_results_have_the_published_shape(self):
        schema = cli.schema('result')
        _, results, _ = batch([c['request'] for c in cli.cases()])
        for case, result in zip(cli.cases(), results):
            self.assertEqual(check_data.errors(schema, schema, result, case['case']), [])

    def test_problems_of_all_cases(self):
        """There is one for each result that does not permit, and a subproblem for each name; nothing in it acts."""
        schema = cli.schema('result')
        requests = [c['request'] for c in cli.cases()]
        _, results, _ = batch(requests + [{'names': ['d.test']}, 7], '--problem')
        for result in results:
            self.assertEqual(check_data.errors(schema, schema, result, 'problem'), [])
            if 'error' in result:
                self.assertIn(result['problem']['status'], (400, 500))
                continue
            fine = ('PERMIT', 'PERMIT-LF', 'EXEMPT', 'NA')
            self.assertEqual(result['problem'] is None, result['verdict'] in fine, result)
            names = [n['name'] for n in result['names'] if n['verdict'] not in fine]
            if result['problem'] is not None:
                self.assertEqual([one['identifier']['value'] for one in result['problem'].get('subproblems', [])], names)
        self.assertGreater(sum(r.get('problem') is not None for r in results), 100)


class Many(cli.Folder):
    def peak(self, n):
        """Peak memory in KiB of n requests."""
        line = json.dumps(cli.request('x' * 200)) + '\n'
        path = self.file('requests', line * n)
        with open(path, encoding='utf-8') as source:
            child = subprocess.Popen([cli.BINARY, 'check', '--batch'], stdin=source, stdout=subprocess.PIPE, text=True)
            count = sum(1 for _ in child.stdout)
            _, status, usage = os.wait4(child.pid, 0)
        child.stdout.close()
        child.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual((child.returncode, count), (0, n))
        return usage.ru_maxrss

    def test_names_share_the_memory_of_a_large_set(self):
        records = ''.join('d.test. 60 IN CAA 0 issue "a%d.example"\n' % i for i in range(1000))
        names = ['n%d.d.test' % i for i in range(500)]
        path = self.file('request', json.dumps(cli.request(names=names, zone=cli.SOA + records)) + '\n')
        with open(path, encoding='utf-8') as source:
            child = subprocess.Popen([cli.BINARY, 'check', '--batch'], stdin=source, stdout=subprocess.PIPE)
            octets = sum(len(line) for line in child.stdout)
            _, status, usage = os.wait4(child.pid, 0)
        child.stdout.close()
        child.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(child.returncode, 0)
        if not sanitized():
            self.assertLess(usage.ru_maxrss * 1024, 3 * octets + (64 << 20))  # a value of its own for each took 14 times

    def test_memory_is_bounded(self):
        few, many = self.peak(1000), self.peak(10000)
        if not sanitized():
            self.assertLess(many, few * 1.5 + 16 * 1024)


def sanitized():
    """AddressSanitizer keeps freed memory, so that peaks say nothing."""
    with open(cli.BINARY, 'rb') as f:
        return b'__asan_init' in f.read()


class Coprocess(cli.unittest.TestCase):
    def test_each_line_is_answered_before_the_next(self):
        child = subprocess.Popen([cli.BINARY, 'check', '--batch'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 text=True)
        for i in range(20):
            child.stdin.write(json.dumps(cli.request(str(i))) + '\n')
            child.stdin.flush()
            self.assertEqual(json.loads(child.stdout.readline())['id'], str(i))
        child.stdin.close()
        self.assertEqual(child.stdout.read(), '')
        child.stdout.close()
        self.assertEqual(child.wait(), 0)

    def test_a_reader_that_went_away(self):
        code = subprocess.run('"%s" check --batch | head -n 1 > /dev/null' % cli.BINARY, shell=True, text=True,
                              input=(json.dumps(cli.request()) + '\n') * 2000, check=False).returncode
        self.assertEqual(code, 0)  # head's; the checker ended, or this would hang


if __name__ == '__main__':
    cli.main()
