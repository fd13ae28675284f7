export {
  /** Adds members to a set. */
  addToSet,
} from './add-to-set.ts'
export {
  /** Adds members to a sorted set. */
  addToSortedSet,
} from './add-to-sorted-set.ts'
export {
  /** Runs any command. */
  command,
} from './command.ts'
export {
  /** Deletes keys, of whatever type they are. */
  delete,
} from './delete.ts'
export {
  /** Deletes fields of a hash. */
  deleteHashFields,
} from './delete-hash-fields.ts'
export {
  /** Tells type and time to live of a key. */
  describeKey,
} from './describe-key.ts'
export {
  /** Runs a Lua script. */
  evaluate,
} from './evaluate.ts'
export {
  /** Tells which keys are there. */
  exists,
} from './exists.ts'
export {
  /** Sets or ends the time to live of a key. */
  expire,
} from './expire.ts'
export {
  /** Tells which members a set has. */
  findInSet,
} from './find-in-set.ts'
export {
  /** Reads a value. */
  get,
} from './get.ts'
export {
  /** Reads a hash. */
  getHash,
} from './get-hash.ts'
export {
  /** Reads some fields of a hash. */
  getHashFields,
} from './get-hash-fields.ts'
export {
  /** Reads the values of several keys. */
  getMany,
} from './get-many.ts'
export {
  /** Reads scores of a sorted set. */
  getScores,
} from './get-scores.ts'
export {
  /** Adds to a counter. */
  increment,
} from './increment.ts'
export {
  /** Adds to a counter in a hash. */
  incrementHashField,
} from './increment-hash-field.ts'
export {
  /** Adds to a score in a sorted set. */
  incrementScore,
} from './increment-score.ts'
export {
  /** Reads a set. */
  listSet,
} from './list-set.ts'
export {
  /** Runs several commands, each for itself. */
  pipeline,
} from './pipeline.ts'
export {
  /** Takes values from a list. */
  popList,
} from './pop-list.ts'
export {
  /** Adds values to a list. */
  pushList,
} from './push-list.ts'
export {
  /** Reads a part of a list. */
  rangeList,
} from './range-list.ts'
export {
  /** Reads a part of a sorted set. */
  rangeSortedSet,
} from './range-sorted-set.ts'
export {
  /** Removes members from a set. */
  removeFromSet,
} from './remove-from-set.ts'
export {
  /** Removes members from a sorted set. */
  removeFromSortedSet,
} from './remove-from-sorted-set.ts'
export {
  /** Stores a value. */
  set,
} from './set.ts'
export {
  /** Stores fields of a hash. */
  setHash,
} from './set-hash.ts'
export {
  /** Stores several values. */
  setMany,
} from './set-many.ts'
export {
  /** Runs several commands in one MULTI and EXEC. */
  transaction,
} from './transaction.ts'
