/** All tests in one process: the CDK's library takes seconds to load, and each set of templates is made once. */
import './lint.test.ts'
import './nag.test.ts'
import './options.test.ts'
import './policies.test.ts'
import './promises.test.ts'
import './routing.test.ts'
