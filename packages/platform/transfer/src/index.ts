export { transfer } from './transfer.ts'
export type { TransferOptions, TransferPlace, TransferResult, TransferredEntry } from './transfer.ts'
export type { Selection } from './plan/selection.ts'
export type { TransferProgress } from './progress.ts'
export { abortTransfer, unfinishedTransfers } from './unfinished.ts'
export type { UnfinishedTransfer } from './unfinished.ts'
export { ConnectionStore } from './stores/connection-store.ts'
export type { ObjectConnection } from './stores/connection-store.ts'
export { DownloadSource } from './stores/download-source.ts'
export type { DownloadConnection } from './stores/download-source.ts'
export { FolderStore } from './stores/folder-store.ts'
export type {
  Entry,
  OpenedEntry,
  OutgoingPart,
  PartUpload,
  SentPart,
  SourceStore,
  Span,
  StoredEntry,
  Sums,
  TargetStore,
} from './stores/store.ts'
