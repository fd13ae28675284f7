import type { Argument } from '../values.ts'

/** Where the key is in commands that the server's table does not tell it of: at this place, or after the number there. */
const special: Readonly<Record<string, number>> = { XGROUP: 2, XINFO: 2, OBJECT: 2, MEMORY: 2 }
const counted: Readonly<Record<string, number>> = {
  ...{ EVAL: 2, EVALSHA: 2, EVAL_RO: 2, EVALSHA_RO: 2, FCALL: 2, FCALL_RO: 2, BLMPOP: 2, BZMPOP: 2 },
  ...{ ZUNION: 1, ZINTER: 1, ZDIFF: 1, ZINTERCARD: 1, SINTERCARD: 1, LMPOP: 1, ZMPOP: 1 },
}

/** Which word of a command is its first key. */
export class KeyPlaces {
  readonly #first = new Map<string, number>()

  /** @param table the answer of COMMAND: of each command its name, and in the fourth place where its first key is */
  constructor(table: unknown) {
    for (const entry of Array.isArray(table) ? (table as unknown[]) : [])
      if (Array.isArray(entry)) this.#first.set(String(entry[0]).toUpperCase(), Number(entry[3]))
  }

  /** The first key of a command; `undefined` where it has none. */
  keyOf(command: readonly Argument[]): Argument | undefined {
    const name = wordOf(command[0])
    if (name === 'XREAD' || name === 'XREADGROUP') {
      const streams = command.findIndex((word) => wordOf(word) === 'STREAMS')
      return streams < 0 ? undefined : command[streams + 1]
    }
    if (Object.hasOwn(counted, name)) {
      const at = counted[name] ?? 0
      return Number(command[at]) > 0 ? command[at + 1] : undefined
    }
    const place = Object.hasOwn(special, name) ? special[name] : this.#first.get(name)
    return place === undefined || place <= 0 ? undefined : command[place]
  }
}

/** The name of a command. */
export function wordOf(word: Argument | undefined): string {
  return String(word).toUpperCase()
}
