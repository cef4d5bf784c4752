import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLimits, readLimits } from '../../src/host/limits.ts';

const text = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              60                   unlimited            seconds   
Max core file size        0                    0                    bytes     
Max realtime timeout      unlimited            unlimited            us        
`;

test('each limit has its two values, and no limit is infinite', () => {
  assert.deepEqual(Object.fromEntries(parseLimits(text)), {
    'Max cpu time': { soft: 60, hard: Number.POSITIVE_INFINITY },
    'Max core file size': { soft: 0, hard: 0 },
    'Max realtime timeout': { soft: Number.POSITIVE_INFINITY, hard: Number.POSITIVE_INFINITY },
  });
});

test('the limits that rig asks for are those of the kernel', () => {
  const limits = readLimits();
  for (const name of ['Max cpu time', 'Max file size', 'Max core file size']) assert.ok(limits.has(name), name);
});
