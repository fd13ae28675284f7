import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readManifest, workspaceRoot } from '../workspace.ts'

/** How one consumer's check is run. */
export interface ConsumerCheck {
  title: string
  /** Arguments of node, in the consumer's folder. */
  args: string[]
}

const resolutions = { node16: 'node16', nodenext: 'nodenext', bundler: 'preserve' }

/** What a consumer installs: packages of ours as released, and the tools at the versions that this repository uses. */
export function consumerDependencies(): string[] {
  const { devDependencies = {} } = readManifest(workspaceRoot)
  const tools = ['@types/node', 'jest', 'typescript'].map((name) => `${name}@${devDependencies[name]}`)
  return ['@casare/core', '@casare/rest', '@casare/sqlite', ...tools, 'ts-jest@29.4.15']
}

/** Fills the consumer's folder: the snippets of tools/release/consumer and one tsconfig per module resolution. */
export function writeConsumer(folder: string): void {
  cpSync(join(import.meta.dirname, 'consumer'), folder, { recursive: true })
  cpSync(join(folder, 'typed', 'use.ts'), join(folder, 'typed', 'use.mts'))
  cpSync(join(folder, 'typed', 'use.ts'), join(folder, 'typed', 'use.cts'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', version: '1.0.0', private: true }))
  for (const [moduleResolution, module] of Object.entries(resolutions)) {
    const configuration = {
      compilerOptions: {
        module,
        moduleResolution,
        target: 'es2022',
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
        types: ['node'],
      },
      include: ['typed/*'],
    }
    writeFileSync(join(folder, `tsconfig.${moduleResolution}.json`), JSON.stringify(configuration, null, 2))
  }
}

/** Every way in which a consumer may use the packages. */
export function consumerChecks(): ConsumerCheck[] {
  return [
    { title: 'ESM', args: ['plain/use.mjs'] },
    { title: 'CommonJS', args: ['plain/use.cjs'] },
    ...Object.keys(resolutions).map((resolution) => ({
      title: `types, ${resolution}`,
      args: ['node_modules/typescript/bin/tsc', '-p', `tsconfig.${resolution}.json`],
    })),
    { title: 'Jest with its defaults', args: ['node_modules/jest/bin/jest.js', '--rootDir', 'jest-defaults'] },
    { title: 'ts-jest', args: ['node_modules/jest/bin/jest.js', '--config', 'ts-jest/jest.config.json'] },
  ]
}
