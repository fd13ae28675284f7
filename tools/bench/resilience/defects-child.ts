/** The child process that puts a library to the defect cases, in virtual time, and prints JSON. */
import { install, reset, run, virtualNow } from '../storm/virtual-time.ts'

install()
const { defectCases } = await import('../../../packages/platform/resilience/test/defect-cases.ts')
const { subjects } = await import('./defect-subjects.ts')

const subject = subjects[process.argv[2] ?? ''] ?? {}
const time = { advance: (ms: number) => run(virtualNow() + ms) }
// A case gives up calls on purpose; what becomes of them is not its question.
process.on('unhandledRejection', () => undefined)

const complaints: Record<string, string> = {}
for (const [index, { name, needs, run: runCase }] of defectCases.entries()) {
  reset(index + 1)
  if (subject[needs] === undefined) continue
  complaints[name] = (await runCase(subject as Required<typeof subject>, time)) ?? ''
}
process.stdout.write(`${JSON.stringify(complaints)}\n`, () => process.exit(0))
