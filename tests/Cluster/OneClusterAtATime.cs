// A cluster is half a dozen processes: two of them at one time on two cores would be declared dead for being slow.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
