// `writer.ts FOLDER NAME COUNT`: once told to on standard input, sets secrets one after the other and prints the name of each.
import { once } from 'node:events'
import { join } from 'node:path'
import { openSecretStore } from '@casare/secrets'

const [folder = '', name = '', count = '0'] = process.argv.slice(2)
const store = await openSecretStore({
  path: join(folder, 'secrets.json'),
  key: { kind: 'keyFile', path: join(folder, 'secrets.key') },
})
process.stdout.write('ready\n')
await once(process.stdin, 'data')
process.stdin.destroy()
for (let index = 0; index < Number(count); index += 1) {
  await store.set(`${name}-${index}`, `value ${index}`)
  process.stdout.write(`${name}-${index}\n`)
}
