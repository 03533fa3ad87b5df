import '../../test/conformance/venues/run.ts';
