import type { System } from './system.ts'

/** One sentence: how to come by a peer that is missing. */
export function howToGet(system: System): string {
  const docker = system.container === undefined ? '' : ' or, with Docker, CASARE_PEERS=docker;'
  if (system.debianPackages.length === 0) return `npm ci, or ${variableOf(system)}=${system.standardUrl}`
  return (
    `npm run peers -- --install (Debian: apt-get install ${system.debianPackages.join(' ')});` +
    `${docker} or ${variableOf(system)}=${system.standardUrl}`
  )
}

/** The environment variable that names a server of this system. */
export function variableOf(system: System): string {
  return `CASARE_TEST_${system.name.toUpperCase()}_URL`
}
