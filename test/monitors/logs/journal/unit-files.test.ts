import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { outputFileOf } from '../../../../src/monitors/logs/journal/unit-files.ts';
import { newFolder } from '../../../support/folder.ts';

const cases: Array<[what: string, unit: string, dropIn: string, file: string | undefined]> = [
  ['in the unit', 'StandardOutput=append:/var/log/a.log', '', '/var/log/a.log'],
  ['of a new start each time', 'StandardOutput=truncate:/var/log/a.log', '', '/var/log/a.log'],
  ['in a drop-in, which wins', 'StandardOutput=journal', 'StandardOutput=file:/srv/b.log', '/srv/b.log'],
  ['of each instance another', 'StandardOutput=append:/var/log/%i.log', '', undefined],
  ['of the other output', 'StandardError=append:/var/log/a.log', '', undefined],
];
for (const [what, unit, dropIn, file] of cases)
  test(`the file that a unit writes to: ${what}`, (t) => {
    const folder = newFolder(t);
    const [FragmentPath, DropInPaths] = [join(folder, 'app.service'), join(folder, '10.conf')];
    writeFileSync(FragmentPath, `[Service]\n${unit}\n`);
    writeFileSync(DropInPaths, `[Service]\n${dropIn}\n`);
    assert.equal(outputFileOf({ FragmentPath, DropInPaths }, 'StandardOutput'), file);
  });

test('no file is known of a unit without files', () => {
  assert.equal(outputFileOf({ FragmentPath: '', DropInPaths: '' }, 'StandardOutput'), undefined);
});
