/** Lines that are examined in parts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examineLines, LongLine } from '../../../../src/monitors/logs/matching/long-line.ts';
import { compileMatcher } from '../../../../src/monitors/logs/matching/matcher.ts';

const matching = (text: string) => compileMatcher({ text, mode: 'expression', ignoreCase: false });
const filler = 'x'.repeat(200_000);

/** Hands over the parts of a line, the last one as its end. Returns in which of them it was found to match. */
function partsFound(expression: string, ...parts: string[]): number[] {
  const line = new LongLine(0);
  const matcher = matching(expression);
  return parts.flatMap((part, index) => {
    const found = line.examine(matcher, Buffer.from(part), index === parts.length - 1);
    return found ? [index] : [];
  });
}

test('a match across two parts is found', () => {
  assert.deepEqual(partsFound('needle', `${filler}nee`, `dle${filler}`, 'end'), [1]);
});

test('a line counts once, however many of its parts match', () => {
  assert.deepEqual(partsFound('needle', `needle${filler}`, `needle${filler}`, 'needle'), [0]);
});

test('^ and $ match where the line begins and ends, and nowhere between its parts', () => {
  assert.deepEqual(partsFound('^start', `start${filler}`, filler, 'end'), [0]);
  assert.deepEqual(partsFound('^start', filler, `start${filler}`, 'start'), []);
  assert.deepEqual(partsFound('end$', `${filler}end`, `${filler}end`, 'the end'), [2]);
  assert.deepEqual(partsFound('end$', `${filler}end`, filler, 'x'), []);
});

test('a line end of Windows is not a part of the line, wherever the parts are cut', () => {
  assert.deepEqual(partsFound('end$', filler, 'the end\r'), [1]);
  assert.deepEqual(partsFound('end$', `${filler}end\r`, ''), [1]);
});

test('a copy of a line that is examined so far goes on by itself', () => {
  const [line, matcher] = [new LongLine(7), matching('needle')];
  line.examine(matcher, Buffer.from(`${filler}nee`), false);
  const copy = line.copy();
  assert.ok(copy.examine(matcher, Buffer.from('dle'), true));
  assert.equal(line.examine(matcher, Buffer.from('d'), true), undefined);
  assert.equal(copy.start, 7);
});

test('the end of a long line is reported where the line began, the lines behind it where they are', () => {
  const [line, matcher] = [new LongLine(100), matching('one|two')];
  line.examine(matcher, Buffer.from(filler), false);
  const found: Array<[string, number]> = [];
  const onLine = (text: Buffer, offset: number) => found.push([text.subarray(-3).toString(), offset]) > 0;
  examineLines(matcher, Buffer.from('one\nother\ntwo\n'), 200_100, line, onLine);
  assert.deepEqual(found, [
    ['one', 100],
    ['two', 200_110],
  ]);
});
