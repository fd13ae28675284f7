// The tests that a new connector brings, run on the template itself.
import '../template/test/connector.test.ts'
import '../template/test/notes.test.ts'
