import type { Engine, EngineOptions } from './engine.ts'

/** Opens the file: in this thread, or in a worker. */
export async function openEngine(options: EngineOptions, worker: boolean): Promise<Engine> {
  if (worker) {
    const { WorkerEngine } = await import('./worker-engine.ts')
    return WorkerEngine.start(options)
  }
  const [{ LocalEngine }, { default: Database }] = await Promise.all([
    import('./local-engine.ts'),
    import('better-sqlite3'),
  ])
  return new LocalEngine(Database, options)
}
