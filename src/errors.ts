import type { Json } from './json.ts';

/** What the user asked for cannot be: exit code 2, one line. Thrown before anything has started. */
export class UsageError extends Error {
  override name = 'UsageError';
  readonly exitCode: number = 2;
}

/** Something that can be expected to go wrong on a host went wrong: exit code 1, one line. Anything else thrown is a bug. */
export class RigError extends Error {
  override name = 'RigError';
  readonly exitCode: number = 1;
}

/** The errno name of a failed system call (`ENOENT`, ...), or undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The words of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An action did not do what it is for; what it did is in `details`, for the manifest. */
export class ActionError extends RigError {
  override name = 'ActionError';
  readonly details: { [key: string]: Json };

  constructor(message: string, details: { [key: string]: Json }) {
    super(message);
    this.details = details;
  }
}

/** Several expected things went wrong, each with a line of its own. */
export class SeveralErrors extends Error {
  override name = 'SeveralErrors';
  readonly errors: Error[];
  readonly exitCode: number;

  constructor(errors: Error[], exitCode: number) {
    super(errors.map(({ message }) => message).join('; '));
    this.errors = errors;
    this.exitCode = exitCode;
  }
}
