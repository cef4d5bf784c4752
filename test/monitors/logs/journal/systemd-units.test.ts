import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseShown } from '../../../../src/host/systemd.ts';
import { remarksOn } from '../../../../src/monitors/logs/journal/unit-remarks.ts';

test('what systemctl show prints is taken apart by units and properties', () => {
  const text = 'Id=a.service\nStandardOutput=journal\nLogNamespace=\n\nId=b.mount\nLoadState=not-found\n';
  assert.deepEqual(parseShown(text), [
    { Id: 'a.service', StandardOutput: 'journal', LogNamespace: '' },
    { Id: 'b.mount', LoadState: 'not-found' },
  ]);
  assert.deepEqual(parseShown(''), []);
});

const loaded = { Id: 'web.service', LoadState: 'loaded', LogNamespace: '', StandardOutput: 'journal' };
const cases: Array<[what: string, unit: Record<string, string>, remarks: RegExp[]]> = [
  ['a unit that logs to the journal', loaded, []],
  ['a unit without output of its own', { Id: 'web.service', LoadState: 'loaded' }, []],
  [
    'a unit that systemd does not know',
    { ...loaded, LoadState: 'not-found', StandardOutput: 'null' },
    [
      /^systemd knows no unit web\.service; for a user's unit: --journal-match _SYSTEMD_USER_UNIT=web\.service, for a program: --journal-match SYSLOG_IDENTIFIER=web$/,
    ],
  ],
  ['an alias', { ...loaded, Id: 'httpd.service' }, [/alias of httpd\.service/]],
  ['a namespace', { ...loaded, LogNamespace: 'shop' }, [/journal namespace shop/]],
  ['a masked unit', { ...loaded, LoadState: 'masked' }, [/web\.service is masked/]],
  [
    'a unit that cannot be loaded',
    { ...loaded, LoadState: 'bad-setting' },
    [/cannot load web\.service \(bad-setting\)/],
  ],
  ['a level that is cut off', { ...loaded, LogLevelMax: '3' }, [/lower priority than 3 are dropped/]],
  ['a level that lets everything pass', { ...loaded, LogLevelMax: '-1' }, []],
  ['output that goes to the kernel', { ...loaded, StandardOutput: 'kmsg' }, [/--journal-match _TRANSPORT=kernel/]],
  [
    'errors that go elsewhere',
    { ...loaded, StandardError: 'append' },
    [/^its standard error goes to a file \(StandardError=append\)/],
  ],
  [
    'both outputs in one file',
    { ...loaded, StandardOutput: 'append', StandardError: 'append' },
    [/^its standard output goes to a file/],
  ],
  ['output that is thrown away', { ...loaded, StandardOutput: 'null' }, [/StandardOutput=null/]],
  ['output that goes to a file', { ...loaded, StandardOutput: 'append' }, [/StandardOutput=append/]],
];
for (const [what, unit, expected] of cases)
  test(`the remarks on ${what}`, () => {
    const remarks = remarksOn(unit, 'web.service');
    assert.equal(remarks.length, expected.length, remarks.join('\n'));
    for (const [index, pattern] of expected.entries()) assert.match(remarks[index] ?? '', pattern);
  });
