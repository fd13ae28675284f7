// `npm run peers`: the real servers that tests run against. Lists what is there, what is missing and how to get it.
//   -- --json      the same for machines
//   -- --install   installs what is missing (Debian, as root); no test does that
//   -- --compose   prints compose.yaml
import { composeFile } from './src/compose-file.ts'
import { planPeer } from './src/find-peer.ts'
import { variableOf } from './src/how-to-get.ts'
import { installPeers } from './src/install-peers.ts'
import { systems } from './src/systems/index.ts'

const options = process.argv.slice(2)
const unknown = options.filter((option) => !['--json', '--install', '--compose'].includes(option))
const explanations = {
  environment: 'the server that the variable names',
  private: 'starts an instance of its own',
  docker: 'starts a container of its own',
  local: 'the server that listens on the standard port',
}

async function list(): Promise<void> {
  const rows = await Promise.all(
    Object.values(systems).map(async (system) => {
      const plan = await planPeer(system.name as keyof typeof systems)
      return { system: system.name, title: system.title, variable: variableOf(system), ...plan }
    }),
  )
  if (options.includes('--json')) {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
    return
  }
  const width = Math.max(...rows.map(({ title }) => title.length))
  for (const row of rows) {
    const text =
      row.source === 'missing' ? `MISSING: ${row.reason}. To get it: ${row.howToGet}` : explanations[row.source]
    process.stdout.write(`${row.title.padEnd(width)}  ${text}\n`)
  }
}

if (unknown.length > 0) {
  process.stderr.write(`Unknown: ${unknown.join(' ')}. There is --json, --install and --compose.\n`)
  process.exitCode = 2
} else if (options.includes('--compose')) {
  process.stdout.write(composeFile())
} else if (options.includes('--install')) {
  const plans = await Promise.all(
    Object.values(systems).map(async (system) => ({
      system,
      plan: await planPeer(system.name as keyof typeof systems),
    })),
  )
  const missing = plans.filter(({ plan }) => plan.source === 'missing').map(({ system }) => system)
  if (!installPeers(missing)) process.exitCode = 1
  await list()
} else {
  await list()
}
