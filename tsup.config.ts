import { defineConfig } from 'tsup'
import { rewriteSpecifiers } from './tools/build/rewrite-specifiers.ts'
import { toCommonJs } from './tools/build/to-common-js.ts'

/**
 * The one build configuration of every package; tools/build/build-package.ts calls it from the package's folder.
 *
 * Every source file becomes one ESM and one CommonJS file of the same name, nothing is bundled: files that a package
 * loads by URL (workers) exist in dist, a stack trace names the file it means, and a consumer's bundler drops what it
 * does not use. There are no source maps: the output is unminified and ships without `src`.
 */
export default defineConfig({
  entry: ['src/**/*.ts', '!src/**/*.d.ts'],
  outDir: 'dist',
  format: ['esm', 'cjs'],
  target: 'node22.19',
  bundle: false,
  splitting: false,
  sourcemap: false,
  clean: true,
  silent: true,
  esbuildOptions(options, { format }) {
    options.outbase = 'src'
    if (format !== 'cjs') return
    // esbuild strips the types only: its CommonJS carries 1.3 kB of helpers in every file.
    options.format = 'esm'
    // toCommonJs declares this name in the files that use it.
    options.define = {
      ...options.define,
      'import.meta.url': 'importMetaUrl',
      'import.meta.dirname': '__dirname',
      'import.meta.filename': '__filename',
    }
  },
  plugins: [
    {
      name: 'specifiers',
      renderChunk(code, { path }) {
        return { code: path.endsWith('.cjs') ? toCommonJs(code) : rewriteSpecifiers(code, 'js') }
      },
    },
  ],
})
