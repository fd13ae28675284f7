import { auditFile, openAuditLog } from '../audit.ts'
import { exitCodes } from '../exit-codes.ts'
import { defineCommand } from './command.ts'

/** Checks the audit log. */
export const auditVerify = defineCommand({
  name: 'audit verify',
  summary: 'Checks that no record of the audit log was changed, taken out or put in.',
  takes: '',
  options: {
    head: {
      type: 'string',
      value: 'HASH',
      description: 'A hash that an earlier check gave: its record must be there.',
    },
  },
  details: `Written to ${auditFile} below the working folder: secrets get and rotate, auth login, refresh and logout, dlq replay and drop. Each record holds the hash of the one before. Who may write the file could write all of it anew: keep the hash that this prints elsewhere, and pass it next time.`,
  examples: ['audit verify'],
  async run({ host, terminal, values }) {
    const verdict = await (await openAuditLog(host)).verify({ head: values.head })
    const { records, head, problem } = verdict
    if (terminal.json) terminal.data(verdict)
    else if (problem === undefined) terminal.print(`${records} records, unbroken. The hash of the last one: ${head}`)
    else
      terminal.print(
        `${auditFile}, line ${problem.line}: ${problem.reason}. ${records} records before it are unbroken.`,
      )
    return problem === undefined ? exitCodes.ok : exitCodes.failure
  },
})
