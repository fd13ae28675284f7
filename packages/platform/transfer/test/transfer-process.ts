// Moves a folder into another, slowly enough to be killed: `transfer-process.ts FROM TO JOURNALS`.
import { FolderStore, transfer } from '../src/index.ts'

const [from = '', to = '', journalFolder = ''] = process.argv.slice(2)
const mebibyte = 1024 * 1024
await transfer({
  from: { store: new FolderStore(from) },
  to: { store: new FolderStore(to) },
  journalFolder,
  partBytes: 5 * mebibyte,
  partConcurrency: 2,
  bytesPerSecond: 10 * mebibyte,
})
