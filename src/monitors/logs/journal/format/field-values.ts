/**
 * The values of a field, by the lists that a journal file keeps: a hash table of its fields, and for each the values that it
 * has. See https://systemd.io/JOURNAL_FILE_FORMAT/, "Field Objects" and "Hash Tables".
 */
import { readPayload } from './data.ts';
import { corrupt } from './error.ts';
import type { FileBytes } from './file-bytes.ts';
import type { Form } from './layout.ts';
import { data, field, objectType, readNumber } from './layout.ts';

/** A bucket is where its first and its last object are. */
const bucketBytes = 16;
/** journald makes one of 333 buckets. */
const mostTableBytes = 1024 * 1024;
/** Nobody has a use for more, and a list that leads back to itself ends. */
const mostSteps = 100_000;

/** Where the hash table of the fields is, and how long. */
export interface FieldTable {
  offset: number;
  size: number;
}

/** Gives each value of some fields once, with the last ones first for each field. Throws a JournalFileError where something is broken. */
export function* valuesOfFields(
  bytes: FileBytes,
  form: Form,
  table: FieldTable,
  fields: ReadonlySet<string>,
): Generator<Buffer> {
  if (table.size === 0) return;
  if (!(table.size <= mostTableBytes)) throw corrupt(`its table of fields has ${table.size} bytes`);
  const buckets = Buffer.alloc(table.size);
  bytes.read(buckets, table.offset);
  const view = new DataView(buckets.buffer, buckets.byteOffset, buckets.length);
  const steps = { left: mostSteps };
  for (let at = 0; at + bucketBytes <= buckets.length; at += bucketBytes)
    for (let offset = readNumber(view, at); offset !== 0; ) {
      const found = readField(bytes, offset, steps);
      if (fields.has(found.name)) yield* valuesFrom(bytes, form, found.firstValue, found.name, steps);
      offset = found.next;
    }
}

function readField(bytes: FileBytes, offset: number, steps: { left: number }) {
  const window = bytes.side(offset, field.payload);
  const at = offset - window.start;
  const size = readNumber(window.view, at + 8);
  const [next, firstValue] = [readNumber(window.view, at + field.next), readNumber(window.view, at + field.firstValue)];
  const isField = offset % 8 === 0 && window.bytes[at] === objectType.field && size > field.payload;
  if (!isField || --steps.left < 0) throw corrupt(`there is no field at ${offset}`);
  // journald knows no longer names.
  const length = Math.min(size - field.payload, 64);
  const named = bytes.side(offset + field.payload, length);
  const nameAt = offset + field.payload - named.start;
  return { name: named.bytes.toString('latin1', nameAt, nameAt + length), next, firstValue };
}

function* valuesFrom(bytes: FileBytes, form: Form, first: number, name: string, steps: { left: number }) {
  for (let offset = first; offset !== 0; ) {
    if (--steps.left < 0) throw corrupt(`the values of ${name} do not end`);
    const value = Buffer.from(readPayload(bytes, form, offset).subarray(name.length + 1));
    const window = bytes.side(offset, form.payload);
    offset = readNumber(window.view, offset - window.start + data.nextOfField);
    yield value;
  }
}
