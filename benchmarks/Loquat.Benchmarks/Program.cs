using Loquat;
using Loquat.Benchmarks;
using Loquat.Benchmarks.Corpus;
using Loquat.Benchmarks.Search;
using Loquat.Benchmarks.Tokenizers;
using Loquat.Native;

const string usage = """
    usage: dotnet run -c Release --project benchmarks/Loquat.Benchmarks -- COMMAND

      table [--rounds N] [--only TEXT]          the table of this machine, also written to benchmarks/results when whole
      profile SHAPE BATCH TOKENS fp32|bf16      what each product and operator of a step costs, by library call
      corpus [--only TEXT]                      repairing, filtering and hashing text, one thread, kept likewise
      tokenizers [--only TEXT]                  training, encoding and decoding against other tokenizers, kept likewise
      search [--seeds N] [--trials N] [--only TEXT]   samplers of sweeps against Optuna's, kept likewise when whole

    SHAPE is gpt2-124m or small. LOQUAT_SHARED names the folder with peers/llmc, data and fixtures (else shared beside the repository); LOQUAT_THREADS the number of threads.
    """;
try
{
    switch (args)
    {
        // The peers touch TorchSharp before anything of Loquat's has loaded libtorch.
        case ["table", .. var options]:
            Libtorch.Initialize();
            var (rounds, only) = (5, "");
            for (var i = 0; i + 1 < options.Length; i += 2)
            {
                if (options[i] == "--rounds" && int.TryParse(options[i + 1], out var given) && given > 0) rounds = given;
                else if (options[i] == "--only") only = options[i + 1];
                else throw new OptionsException($"'{options[i]} {options[i + 1]}' is not an option of table.");
            }
            return TableCommand.Run(rounds, only, TimeProvider.System);
        case ["profile", .. var setting]:
            Libtorch.Initialize();
            OperatorProfile.Products(StepSetting.Parse(setting), Console.Out);
            OperatorProfile.Operators(StepSetting.Parse(setting), Console.Out);
            return 0;
        case ["tokenizers", .. var options]:
            return options is [] or ["--only", _]
                ? TokenizersCommand.Run(options is [_, var part] ? part : "", TimeProvider.System)
                : throw new OptionsException($"'{string.Join(' ', options)}' is not an option of tokenizers.");
        case ["corpus", .. var options]:
            return options is [] or ["--only", _]
                ? CorpusCommand.Run(options is [_, var rows] ? rows : "", TimeProvider.System)
                : throw new OptionsException($"'{string.Join(' ', options)}' is not an option of corpus.");
        case ["search", .. var options]:
            var (seeds, trials, sampler) = (20, 100, "");
            for (var i = 0; i < options.Length; i += 2)
            {
                if (options[i] == "--only" && i + 1 < options.Length)
                {
                    sampler = options[i + 1];
                    continue;
                }
                var number = i + 1 < options.Length && int.TryParse(options[i + 1], out var given) && given > 0 ? given : throw new OptionsException($"{options[i]} needs a whole number, 1 or more.");
                if (options[i] == "--seeds") seeds = number;
                else if (options[i] == "--trials") trials = number;
                else throw new OptionsException($"'{options[i]}' is not an option of search.");
            }
            return SearchCommand.Run(seeds, trials, sampler, TimeProvider.System);
        case ["tokenizers-worker", .. var task]:
            return TokenizerWorker.Run(task);
        case ["worker", var name, .. var setting]:
            Libtorch.Initialize();
            return Worker.Serve(name, StepSetting.Parse(setting));
        default:
            Console.Error.WriteLine(usage);
            return args.Length == 0 ? 0 : 2;
    }
}
catch (LoquatException error)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 2;
}
