import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { findBinary } from './find-binary.ts'
import type { System } from './system.ts'

/**
 * Installs the Debian packages of systems that are missing; needs root and apt-get.
 *
 * @returns whether all of them are there now
 */
export function installPeers(missing: readonly System[]): boolean {
  const packages = missing.flatMap(({ debianPackages }) => debianPackages)
  if (packages.length === 0) return true
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  if (findBinary('apt-get') === undefined || process.getuid?.() !== 0) {
    process.stderr.write(`This needs root on Debian. There, run: apt-get update && ${command}\n`)
    return false
  }
  // Else the package makes and starts a server on the standard port.
  const clusters = '/etc/postgresql-common/createcluster.conf'
  if (packages.some((name) => name.startsWith('postgresql')) && !existsSync(clusters)) {
    mkdirSync('/etc/postgresql-common', { recursive: true })
    writeFileSync(clusters, 'create_main_cluster = false\n')
  }
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const installed = withoutServices(() =>
    ['apt-get update', command].every((line) => {
      const [program = '', ...programArguments] = line.split(' ')
      return spawnSync(program, programArguments, { stdio: 'inherit', env: environment }).status === 0
    }),
  )
  if (!installed) return false
  return missing.every(({ binaries, folders }) => binaries.every((name) => findBinary(name, folders) !== undefined))
}

const policy = '/usr/sbin/policy-rc.d'

/** Packages of servers start them on their standard ports, unless this file forbids it (invoke-rc.d(8)). */
function withoutServices<Result>(work: () => Result): Result {
  if (existsSync(policy)) return work()
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return work()
  } finally {
    rmSync(policy, { force: true })
  }
}
