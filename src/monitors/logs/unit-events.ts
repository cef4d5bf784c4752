/** `--unit-event`: events of units, by the ids that systemd gives its messages in any language (`journalctl --catalog`). */

const messageIds = {
  /** A unit ended with a result other than success, even if it is started again. */
  failed: 'd9b373ed55a64feb8242e02dbe79a49c',
  restarted: '5eb03494b6584870a536b337290809b3',
  /** Killed to free memory: by the kernel, or by systemd-oomd. */
  oom: ['fe6faa94e7774663a0da52717891d8ef', 'd989611b15e44c9dbf31e3c81256e4ed'],
  coredump: 'fc2e22bc6ee647b6b90729ab34a250b1',
  /** A process of the unit failed: the main one or, say, ExecStartPre=. */
  exited: '98e322203f7a4ed290d09fe03c09fe15',
} as const;

type UnitEvent = keyof typeof messageIds;

/** The names of the events. */
export const unitEvents = Object.keys(messageIds) as UnitEvent[];

/** The `FIELD=VALUE` selectors of some events. */
export const matchesOfEvents = (events: readonly UnitEvent[]): string[] =>
  events.flatMap((event) => [messageIds[event]].flat().map((id) => `MESSAGE_ID=${id}`));
