import { existsSync, readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { printTable, type Bench } from './helpers.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { gate: { type: 'boolean', default: false }, deep: { type: 'boolean', default: false } },
})
if (values.deep) process.env['CASARE_DEEP'] = '1'
const name = positionals[0]
const names = readdirSync(import.meta.dirname).filter((entry) => existsSync(`${import.meta.dirname}/${entry}/bench.ts`))

if (name === undefined || !names.includes(name)) {
  console.error(`usage: npm run bench -- NAME [--gate] [--deep], where NAME is one of: ${names.join(', ')}`)
  process.exitCode = 2
} else {
  const { default: bench } = (await import(`./${name}/bench.ts`)) as { default: Bench }
  const gates = await bench()
  console.log()
  printTable(
    ['gate', 'value', 'goal', 'ok'],
    gates.map((gate) => [gate.name, gate.value, gate.goal, gate.ok ? 'yes' : 'NO']),
  )
  console.log(JSON.stringify({ bench: name, gates }))
  if (values.gate && gates.some((gate) => !gate.ok)) process.exitCode = 1
}
