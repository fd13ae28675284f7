import { auditVerify } from './audit-verify.ts'
import { authLogin } from './auth-login.ts'
import { authLogout } from './auth-logout.ts'
import { authRefresh } from './auth-refresh.ts'
import { authStatus } from './auth-status.ts'
import { call } from './call.ts'
import { check } from './check.ts'
import type { Command } from './command.ts'
import { describe } from './describe.ts'
import { dlqDrop } from './dlq-drop.ts'
import { dlqList } from './dlq-list.ts'
import { dlqReplay } from './dlq-replay.ts'
import { dlqShow } from './dlq-show.ts'
import { list } from './list.ts'
import { nodesExport } from './nodes-export.ts'
import { run } from './run.ts'
import { secretsDelete } from './secrets-delete.ts'
import { secretsGet } from './secrets-get.ts'
import { secretsList } from './secrets-list.ts'
import { secretsRotate } from './secrets-rotate.ts'
import { secretsSet } from './secrets-set.ts'
import { transferAbort } from './transfer-abort.ts'
import { transferList } from './transfer-list.ts'
import { transferCommand } from './transfer.ts'

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  run,
  call,
  check,
  list,
  describe,
  dlqList,
  dlqShow,
  dlqReplay,
  dlqDrop,
  nodesExport,
  transferCommand,
  transferList,
  transferAbort,
  secretsSet,
  secretsList,
  secretsGet,
  secretsDelete,
  secretsRotate,
  authLogin,
  authStatus,
  authRefresh,
  authLogout,
  auditVerify,
]
