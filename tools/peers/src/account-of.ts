import { readFileSync } from 'node:fs'
import type { System } from './system.ts'

/** An account of the machine. */
export interface Account {
  readonly userId: number
  readonly groupId: number
}

/** The account that a server is to run under: its own where the tests run as root, whom some servers refuse. */
export function accountOf(system: System): Account | undefined {
  if (process.getuid?.() !== 0 || system.account === undefined) return undefined
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === system.account)
  if (entry === undefined) throw new Error(`${system.title} needs the account ${system.account}, which is not there.`)
  return { userId: Number(entry[2]), groupId: Number(entry[3]) }
}
