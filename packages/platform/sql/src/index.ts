export { ConnectionPool, poolDefaults, type ConnectionPoolOptions, type PooledConnection } from './connection-pool.ts'
export { parseJson, stringifyJson } from './json-text.ts'
export {
  conditionsAfter,
  orderField,
  orderNames,
  pageOf,
  type BindValue,
  type KeysetOrder,
  type Ordering,
  type RowsCursor,
} from './keyset.ts'
export { pause } from './pause.ts'
export { groupByFields, valuesOf, type Fields, type RecordGroup } from './record-groups.ts'
export {
  columnsOf,
  requireColumns,
  shapeOnce,
  suggestion,
  unknownTable,
  type TableName,
  type TableShape,
} from './table-shape.ts'
export { fromTagged, toTagged, type TaggedValue } from './tagged-value.ts'
export { typedQueries, type Queries, type SqlMethods, type StatementInput } from './typed-queries.ts'
export { withRetries } from './with-retries.ts'
