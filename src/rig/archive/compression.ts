/** How archives are compressed. */
import { PassThrough, type Transform } from 'node:stream';
import { constants, createGzip, createZstdCompress } from 'node:zlib';
import type { Compression } from '../records/spec.ts';

/** zlib's fastest level: a core becomes nearly as small in a third of the CPU time. */
const gzipLevel = 1;

const kinds: Record<Compression, { ending: string; start: () => Transform }> = {
  gzip: { ending: '.tar.gz', start: () => createGzip({ level: gzipLevel }) },
  zstd: {
    ending: '.tar.zst',
    start: () => createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
  },
  none: { ending: '.tar', start: () => new PassThrough() },
};

/** The ending of an archive's name. */
export const archiveEnding = (compression: Compression): string => kinds[compression].ending;

/** A stream that compresses what is written to it. */
export const startCompression = (compression: Compression): Transform => kinds[compression].start();
