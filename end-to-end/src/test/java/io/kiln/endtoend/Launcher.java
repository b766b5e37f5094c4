package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** Runs the launcher as a process, in a folder of the test. */
final class Launcher {
    /** A bound for what hangs: on a busy machine a cluster takes minutes to start. */
    private static final Duration AT_MOST = Duration.ofMinutes(4);

    /** What runs once, for seconds, is done before the JVM's second compiler pays. */
    private static final String ONE_COMPILER = "-XX:TieredStopAtLevel=1";

    private final Path checkout;
    private final Path folder;
    private final List<String> prefix;
    private final Map<String, String> environment;
    private final AtomicInteger runs;

    /** The launcher of the tested checkout. */
    Launcher(Path folder) {
        this(Path.of(System.getProperty("kiln.root")), folder);
    }

    /** The launcher of any checkout. */
    Launcher(Path checkout, Path folder) {
        this(checkout, folder, List.of(), Map.of(), new AtomicInteger());
    }

    private Launcher(
            Path checkout,
            Path folder,
            List<String> prefix,
            Map<String, String> environment,
            AtomicInteger runs) {
        this.checkout = checkout;
        this.folder = folder;
        this.prefix = prefix;
        this.environment = environment;
        this.runs = runs;
    }

    /** This launcher behind another command, such as setpriv. */
    Launcher withPrefix(List<String> command) {
        return new Launcher(checkout, folder, command, environment, runs);
    }

    /** This launcher with variables of the environment set. */
    Launcher withEnvironment(Map<String, String> variables) {
        return new Launcher(checkout, folder, prefix, variables, runs);
    }

    /**
     * The result of a run.
     *
     * @param exitCode exit code of the process
     * @param out standard output
     * @param err standard error
     */
    record Result(int exitCode, String out, String err) {
        /** Standard error without the notices that a busy machine's servers answer late. */
        String complaints() {
            return err.lines()
                    .filter(line -> !line.startsWith("waiting for a broker at "))
                    .filter(line -> !line.startsWith("waiting for the schema registry at "))
                    .map(line -> line + "\n")
                    .collect(Collectors.joining());
        }
    }

    /** A run that has not been waited for. */
    record Running(Process process, Path out, Path err) {
        /**
         * Waits for the end.
         *
         * @throws AssertionError if the process does not end in time; it is killed
         */
        Result await(Duration timeout) throws IOException, InterruptedException {
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError(
                        "still running after "
                                + timeout
                                + ": "
                                + Files.readString(out)
                                + Files.readString(err));
            }
            return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
        }
    }

    Running start(String... arguments) throws IOException {
        return start(Path.of("/dev/null"), arguments);
    }

    private Running start(Path input, String... arguments) throws IOException {
        int number = runs.incrementAndGet();
        Path out = folder.resolve("out-" + number);
        Path err = folder.resolve("err-" + number);
        List<String> command = new ArrayList<>(prefix);
        command.add(checkout.resolve("kiln").toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectInput(ProcessBuilder.Redirect.from(input.toFile()))
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("KILN_JAVA_OPTIONS", ONE_COMPILER);
        builder.environment().putAll(environment);
        return new Running(builder.start(), out, err);
    }

    Result run(String... arguments) throws IOException, InterruptedException {
        return start(arguments).await(AT_MOST);
    }

    /** Runs, must succeed, and returns standard output. */
    String ok(String... arguments) throws IOException, InterruptedException {
        Result run = run(arguments);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run.out();
    }

    /** Writes a configuration file with kiln config. */
    Path configuration(List<String> options, List<String> overrides)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of("config", "--yaml"));
        arguments.addAll(options);
        for (String override : overrides) {
            arguments.addAll(List.of("--set", override));
        }
        Path file = Files.createTempFile(folder, "kiln", ".yaml");
        return Files.writeString(file, ok(arguments.toArray(String[]::new)));
    }

    /** Runs with a file as standard input. */
    Result runWithInput(Path input, String... arguments) throws IOException, InterruptedException {
        return start(input, arguments).await(AT_MOST);
    }
}
