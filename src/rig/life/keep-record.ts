/** The record of a rig that has ended. */
import { messageOf } from '../../errors.ts';
import type { RigLog } from '../log/log.ts';
import type { FinishedRecord } from '../records/rows.ts';
import { writeRecord } from '../registry/finished.ts';

/** Logs how the rig ended, and writes it down for those who ask later. Never rejects: a full disk is logged. */
export async function keepRecord(record: FinishedRecord, log: RigLog): Promise<void> {
  const { status, archive, reasons } = record;
  log.info([`${status}${archive === null ? '' : `, ${archive}`}`, ...reasons].join('; '));
  await writeRecord(record).catch((error) => log.error(`the record cannot be written: ${messageOf(error)}`));
}
