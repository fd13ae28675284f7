/** Adds an entry. */
export { add } from './add.ts'
/** Checks a user's password. */
export { authenticate } from './authenticate.ts'
/** Sets a password. */
export { changePassword } from './change-password.ts'
/** Asks whether an attribute has a value. */
export { compare } from './compare.ts'
/** Deletes an entry. */
export { delete } from './delete.ts'
/** Reads one entry. */
export { entry } from './entry.ts'
/** The groups that an entry is in. */
export { groupsOf } from './groups-of.ts'
/** Changes attributes of an entry. */
export { modify } from './modify.ts'
/** Gives an entry another name or place. */
export { rename } from './rename.ts'
/** Finds entries, up to a limit. */
export { search } from './search.ts'
/** Asks the server who is bound. */
export { whoAmI } from './who-am-i.ts'
