import { parseArgs } from 'node:util'
import { exitWithParent } from './exit-with-parent.ts'
import { startServer } from './start-server.ts'

const help = `The API of the example: real airports and flights, served badly on purpose.

  node examples/airports-and-flights/server/main.ts [--port 0] [--seed 1] [--faults on|off] [--dataset 200k|20k] [--client-secret SECRET | --api-key KEY]

Prints one line of JSON with its url when it listens. Ends with its parent, or when standard input ends.
`

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    faults: { type: 'string', default: 'on' },
    dataset: { type: 'string', default: '200k' },
    'api-key': { type: 'string' },
    'client-secret': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  process.stdout.write(help)
} else {
  exitWithParent()
  const { url } = await startServer({
    port: whole('port', values.port),
    seed: whole('seed', values.seed),
    faults: oneOf('faults', values.faults, ['on', 'off'] as const),
    dataset: oneOf('dataset', values.dataset, ['200k', '20k'] as const),
    apiKey: values['api-key'],
    clientSecret: values['client-secret'],
  })
  process.stdout.write(`${JSON.stringify({ url })}\n`)
}

function whole(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  return refuse(`--${name} must be a whole number.`)
}

function oneOf<Choice extends string>(name: string, text: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === text)
  return found ?? refuse(`--${name} must be one of ${choices.join(', ')}.`)
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n\n${help}`)
  process.exit(2)
}
