import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileVerdict } from '../../../../src/monitors/logs/matching/verdict.ts';

const text = (text: string) => ({ text, mode: 'expression', ignoreCase: false }) as const;

test('of a line that was found, a verdict says which of the texts it matches', () => {
  const verdictOn = compileVerdict({
    messages: [text('x'), text('y')],
    second: text('y1'),
    exclude: [text('2$'), text('3$')],
  });
  const rows: Array<[line: string, isFirst: boolean, isSecond: boolean, isExcluded: boolean]> = [
    ['x1', true, false, false],
    ['x2', true, false, true],
    ['y1', true, true, false],
    ['y3', true, false, true],
  ];
  for (const [line, isFirst, isSecond, isExcluded] of rows)
    assert.deepEqual(verdictOn(Buffer.from(line)), { isFirst, isSecond, isExcluded }, line);
});
