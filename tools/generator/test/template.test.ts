// What a new connector brings as its own tests, run on the template itself.
import '../template/test/connector.test.ts'
