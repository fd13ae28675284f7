import { defineConfig } from 'tsup'
import { rewriteSpecifiers } from './tools/build/rewrite-specifiers.ts'

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
    // rewriteSpecifiers declares this name in the files that use it.
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
        return { code: rewriteSpecifiers(code, path.endsWith('.cjs') ? 'cjs' : 'js') }
      },
    },
  ],
})
