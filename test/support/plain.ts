/** Data as it is when it was written as JSON and read again: what is undefined is left out. */
export const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
