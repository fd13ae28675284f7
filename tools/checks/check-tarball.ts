import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { runNpm } from '../release/run-command.ts'
import { stagePackage } from '../release/stage-package.ts'
import type { WorkspacePackage } from '../workspace.ts'

/** The most that a package may weigh unpacked, in KiB, unless its package.json says otherwise (`casare.maxUnpackedKib`). */
const defaultMaxUnpackedKib = 300

/** What a tarball turned out to be. */
export interface TarballReport {
  packedKib: number
  unpackedKib: number
  fileCount: number
  problems: string[]
}

/**
 * Packs a package as it would be published and looks at the tarball: publint (are the entries what they say they are),
 * attw (do the types hold under every module resolution), weight.
 *
 * @param entry the package, built
 * @param temporaryFolder a folder of this package alone
 */
export async function checkTarball(entry: WorkspacePackage, temporaryFolder: string): Promise<TarballReport> {
  const { manifest } = entry
  const stage = join(temporaryFolder, 'stage')
  stagePackage(entry, stage)
  const answer = await runNpm(['pack', '--json', '--ignore-scripts', '--pack-destination', temporaryFolder], {
    cwd: stage,
  })
  const packed = firstPacked(JSON.parse(answer) as unknown)
  const tarballPath = join(temporaryFolder, packed.filename)
  const tarball = readFileSync(tarballPath)
  const problems: string[] = []

  // The stage holds what is published and nothing else, so publint need not pack it again.
  const lint = await publint({ pkgDir: stage, pack: false, strict: true })
  problems.push(...lint.messages.map((message) => `publint: ${formatMessage(message, lint.pkg, { color: false })}`))

  const types = await checkPackage(createPackageFromTarballData(tarball))
  if (types.types === false) problems.push('attw: no types found')
  else {
    for (const problem of types.problems) {
      // TypeScript's oldest resolution knows no `exports`: it finds the main entry through `types`, and no other.
      if ('resolutionKind' in problem && problem.resolutionKind === 'node10' && problem.entrypoint !== '.') continue
      problems.push(`attw: ${problem.kind} ${JSON.stringify(problem)}`)
    }
  }

  const unpackedKib = packed.unpackedSize / 1024
  const maxUnpackedKib = manifest.casare?.maxUnpackedKib ?? defaultMaxUnpackedKib
  if (unpackedKib > maxUnpackedKib) {
    problems.push(`weighs ${unpackedKib.toFixed(0)} KiB unpacked, more than the ${maxUnpackedKib} KiB it may`)
  }
  rmSync(tarballPath)
  return { packedKib: packed.size / 1024, unpackedKib, fileCount: packed.entryCount, problems }
}

interface Packed {
  filename: string
  size: number
  unpackedSize: number
  entryCount: number
}

/** npm answers a list up to version 11 and a table by package name from some later one on. */
function firstPacked(answer: unknown): Packed {
  const [packed] = Object.values(answer as Record<string, Packed>)
  if (!packed) throw new Error('npm pack named no tarball')
  return packed
}
