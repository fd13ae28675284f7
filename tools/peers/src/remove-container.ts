// Waits until its standard input ends, by wish or by death of whoever holds it, and removes a container:
// `node remove-container.ts NAME`.
import { spawnSync } from 'node:child_process'

const [name = ''] = process.argv.slice(2)
const remove = (): never => {
  spawnSync('docker', ['rm', '--force', '--volumes', name], { stdio: 'ignore' })
  process.exit()
}
process.stdin.resume()
process.stdin.on('end', remove).on('error', remove)
