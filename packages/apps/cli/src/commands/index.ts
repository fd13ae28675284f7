import { call } from './call.ts'
import type { Command } from './command.ts'
import { dlqList } from './dlq-list.ts'
import { run } from './run.ts'

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [run, call, dlqList]
