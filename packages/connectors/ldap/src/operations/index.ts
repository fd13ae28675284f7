export {
  /** Adds an entry. */
  add,
} from './add.ts'
export {
  /** Checks a user's password. */
  authenticate,
} from './authenticate.ts'
export {
  /** Sets a password. */
  changePassword,
} from './change-password.ts'
export {
  /** Asks whether an attribute has a value. */
  compare,
} from './compare.ts'
export {
  /** Deletes an entry. */
  delete,
} from './delete.ts'
export {
  /** Reads one entry. */
  entry,
} from './entry.ts'
export {
  /** The groups that an entry is in. */
  groupsOf,
} from './groups-of.ts'
export {
  /** Changes attributes of an entry. */
  modify,
} from './modify.ts'
export {
  /** Gives an entry another name or place. */
  rename,
} from './rename.ts'
export {
  /** Finds entries, up to a limit. */
  search,
} from './search.ts'
export {
  /** Asks the server who is bound. */
  whoAmI,
} from './who-am-i.ts'
