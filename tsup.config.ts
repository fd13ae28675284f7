import { readFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import type { Options } from 'tsup'
import { rewriteSpecifiers } from './tools/build/rewrite-specifiers.ts'
import { toCommonJs } from './tools/build/to-common-js.ts'

/** Stands for the folder `dist` until it is known into which file of it a source went. */
const distMarker = '@dist/'

/**
 * The one build configuration of every package, for ES modules or CommonJS; tools/build/build-package.ts adds the entries
 * and calls it from the package's folder. Why it is as it is: docs/decisions/0001-what-a-build-gives.md.
 */
export const configuration = (output: 'esm' | 'cjs'): Options => ({
  config: false,
  outDir: 'dist',
  // Both are built as ES modules: tsup's own CommonJS with splitting replaces ?. and ?? by slow helpers.
  format: ['esm'],
  outExtension: () => ({ js: output === 'cjs' ? '.cjs' : '.js' }),
  platform: 'node',
  target: 'node22.19',
  splitting: true,
  // What is not our own source is a dependency, and stays one.
  skipNodeModulesBundle: true,
  removeNodeProtocol: false,
  sourcemap: false,
  clean: output === 'esm',
  silent: true,
  tsconfig: `${import.meta.dirname}/tsconfig.base.json`,
  esbuildOptions(options) {
    options.outbase = 'src'
    options.entryNames = '[dir]/[name]'
    // Shorter expressions; names and lines stay, for stack traces.
    options.minifySyntax = true
    if (output === 'cjs') options.define = { ...options.define, 'import.meta.url': 'importMetaUrl' }
  },
  esbuildPlugins: [
    {
      // Code moves into other files; `import.meta.url` keeps meaning the place that its source has below dist.
      name: 'own-address',
      setup(build) {
        build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
          const code = readFileSync(path, 'utf8')
          const own = relative('src', path).replaceAll('\\', '/').replace(/\.ts$/, '.js')
          const address = `new URL('${distMarker}${own}', import.meta.url).href`
          return { loader: 'ts', contents: code.replaceAll(/\bimport\.meta\.url\b/g, address) }
        })
      },
    },
  ],
  plugins: [
    {
      name: 'specifiers',
      renderChunk(code, { path }) {
        const toDist = `${relative(dirname(path), 'dist').replaceAll('\\', '/') || '.'}/`
        // esbuild names each source that it puts in; the chunk's name and the stack say enough.
        const placed = code.replaceAll(distMarker, toDist).replaceAll(/^\/\/ src\/[\w./-]+\.ts\n/gm, '')
        // What a class's members are for stands in the declarations.
        const bare = placed.replaceAll(/^[ \t]*\/\*\*(?:(?!\*\/)[^])*\*\/\n/gm, '')
        return { code: path.endsWith('.cjs') ? toCommonJs(bare) : rewriteSpecifiers(bare, 'js') }
      },
    },
  ],
})
