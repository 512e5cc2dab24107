"""Chromium without a screen and without a network, for the tests of the page."""

import base64
import json
import os
import shutil
import sys
import tempfile

# Debian's packages, whichever python3 comes first in PATH.
sys.path.append('/usr/lib/python3/dist-packages')

from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402

OPTIONS = ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars', '--force-device-scale-factor=1',
           '--disable-background-networking', '--disable-component-update', '--no-first-run', '--disable-extensions', '--disable-sync',
           '--host-resolver-rules=MAP * ~NOTFOUND')


class Browser:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='caaproof-page-')
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which('chromium')
        for option in OPTIONS + ('--user-data-dir=' + self.folder,):
            options.add_argument(option)
        options.set_capability('goog:loggingPrefs', {'browser': 'ALL', 'performance': 'ALL'})
        self.driver = webdriver.Chrome(service=Service(shutil.which('chromedriver')), options=options)
        self.driver.set_script_timeout(20)

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.folder, ignore_errors=True)

    def open(self, path, dark=False, width=1360, height=900):
        self.size(width, height)
        self.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': [{'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}]})
        self.driver.get('file://' + os.path.abspath(path))

    def size(self, width, height):
        self.driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', {'width': width, 'height': height, 'deviceScaleFactor': 1, 'mobile': False})

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def all(self, selector):
        return self.driver.find_elements('css selector', selector)

    def one(self, selector):
        return self.driver.find_element('css selector', selector)

    def frame(self, after_ms=0):
        """Until the page has drawn what it was told to."""
        self.driver.execute_async_script('const [ms, done] = arguments; setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => done())), ms);', after_ms)

    def picture(self, path, whole=True):
        shot = self.driver.execute_cdp_cmd('Page.captureScreenshot', {'format': 'png', 'captureBeyondViewport': whole})
        with open(path, 'wb') as f:
            f.write(base64.b64decode(shot['data']))

    def pdf(self):
        return base64.b64decode(self.driver.execute_cdp_cmd('Page.printToPDF', {'printBackground': True})['data'])

    def errors(self):
        """Whatever the console has said since the last call."""
        return [entry for entry in self.driver.get_log('browser') if entry['level'] in ('WARNING', 'SEVERE')]

    def requests(self):
        """Every address that was asked for since the last call."""
        messages = [json.loads(entry['message'])['message'] for entry in self.driver.get_log('performance')]
        return [m['params']['request']['url'] for m in messages if m['method'] == 'Network.requestWillBeSent']
