import '../../test/conformance/fix/run.ts';
