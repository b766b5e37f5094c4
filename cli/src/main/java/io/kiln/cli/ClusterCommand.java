package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.kafka.KilnJob;
import io.kiln.local.FlinkCluster;
import io.kiln.operations.cluster.ClusterState;
import io.kiln.operations.cluster.Clusters;
import io.kiln.operations.console.Json;
import io.kiln.operations.console.ShellWord;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kiln cluster}: a cluster of real processes on this machine. */
@Command(
        name = "cluster",
        synopsisSubcommandLabel = "start|stop|status",
        description = {
            "Runs a Kafka broker, a schema registry and Flink as processes on this machine.",
            "The processes keep running after the command ends. Each cluster has a folder with its "
                    + "data, its logs and kiln.yaml, the configuration for the other verbs."
        },
        footerHeading = "%nExample:%n",
        footer = {
            "  kiln cluster start --dir try",
            "  kiln topics create --config try/kiln.yaml",
            "  kiln submit masking --config try/kiln.yaml",
            "  kiln submit training --config try/kiln.yaml",
            "  kiln ingest --config try/kiln.yaml ~/Pictures",
            "  kiln cluster stop --dir try"
        },
        subcommands = {
            ClusterCommand.Start.class,
            ClusterCommand.Stop.class,
            ClusterCommand.Status.class
        })
final class ClusterCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "expected: kiln cluster start, stop or status");
    }

    /** Selects the cluster. */
    static final class Folder {
        @Option(
                names = "--dir",
                paramLabel = "DIR",
                defaultValue = "kiln-cluster",
                description = "folder of the cluster (default: ${DEFAULT-VALUE})")
        private Path path;
    }

    /** {@code kiln cluster start}. */
    @Command(
            name = "start",
            description = "Starts a cluster and waits until all its processes answer.",
            footerHeading = "%nExample:%n",
            footer = "  kiln cluster start --dir try --task-managers 1")
    static final class Start implements Runnable {
        private static final String PORT =
                "; 0 for any free one (default: that of earlier starts; at first, that of Kiln's"
                        + " defaults if it is free)";

        @Spec private CommandSpec spec;
        @Mixin private Folder folder;

        @Option(
                names = "--task-managers",
                paramLabel = "N",
                defaultValue = "2",
                description = "number of Flink task managers (default: ${DEFAULT-VALUE})")
        private int taskManagers;

        @Option(
                names = "--slots",
                paramLabel = "N",
                defaultValue = "2",
                description = "task slots per task manager (default: ${DEFAULT-VALUE})")
        private int slots;

        @Option(
                names = "--heap",
                paramLabel = "MIB",
                defaultValue = "1024",
                description =
                        "Java heap per task manager in MiB, not counting libtorch's memory"
                                + " (default: ${DEFAULT-VALUE})")
        private int heap;

        @Option(
                names = "--broker-port",
                paramLabel = "PORT",
                description = "port of the broker" + PORT)
        private @Nullable Integer brokerPort;

        @Option(
                names = "--registry-port",
                paramLabel = "PORT",
                description = "port of the schema registry" + PORT)
        private @Nullable Integer registryPort;

        @Option(
                names = "--flink-port",
                paramLabel = "PORT",
                description = "port of Flink's web page and REST API" + PORT)
        private @Nullable Integer flinkPort;

        @Option(names = "--json", description = "print one JSON object")
        private boolean json;

        @Override
        public void run() {
            FlinkCluster.Size size;
            try {
                size = new FlinkCluster.Size(taskManagers, slots, heap);
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), e.getMessage(), e);
            }
            Clusters.Ports ports =
                    new Clusters.Ports(
                            port("--broker-port", brokerPort),
                            port("--registry-port", registryPort),
                            port("--flink-port", flinkPort));
            ClusterState state = Clusters.start(folder.path, size, ports);
            print(spec, folder.path, state, json);
            for (String difference : Clusters.differences(folder.path, state)) {
                spec.commandLine().getErr().println("kiln: " + difference);
            }
            for (KilnJob job : Clusters.stopped(folder.path)) {
                spec.commandLine()
                        .getErr()
                        .println("kiln: " + comeback(job, Clusters.config(folder.path)));
            }
            spec.commandLine().getErr().flush();
        }

        private static String comeback(KilnJob job, Path config) {
            return "the "
                    + job.word()
                    + " job does not run; kiln submit "
                    + job.word()
                    + " --config "
                    + ShellWord.of(config.toString())
                    + " --from latest goes on where it was"
                    + (job == KilnJob.MASKING ? "" : ", unless it was stopped with --drain");
        }

        private Optional<Integer> port(String option, @Nullable Integer port) {
            if (port != null && (port < 0 || port > 65_535)) {
                throw new ParameterException(
                        spec.commandLine(),
                        option + ": " + port + " is not allowed; expected 0 to 65535");
            }
            return Optional.ofNullable(port);
        }
    }

    /** {@code kiln cluster stop}. */
    @Command(
            name = "stop",
            description = "Stops all processes of a cluster and keeps its data.",
            footerHeading = "%nExample:%n",
            footer = "  kiln cluster stop --dir try")
    static final class Stop implements Runnable {
        @Spec private CommandSpec spec;
        @Mixin private Folder folder;

        @Override
        public void run() {
            boolean ran = Clusters.stop(folder.path);
            PrintWriter out = spec.commandLine().getOut();
            out.println(ran ? "stopped" : "no cluster is running in " + folder.path);
            out.flush();
        }
    }

    /** {@code kiln cluster status}. */
    @Command(
            name = "status",
            description = "Checks that each process of a cluster answers, and shows its addresses.",
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {
                "0:the whole cluster is running",
                "1:the cluster is not fully running; the message names what is missing",
                "2:wrong usage"
            },
            footerHeading = "%nExample:%n",
            footer = "  kiln cluster status --dir try --json")
    static final class Status implements Runnable {
        @Spec private CommandSpec spec;
        @Mixin private Folder folder;

        @Option(names = "--json", description = "print one JSON object")
        private boolean json;

        @Override
        public void run() {
            print(spec, folder.path, Clusters.healthy(folder.path), json);
        }
    }

    private static void print(CommandSpec spec, Path folder, ClusterState state, boolean json) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            ObjectNode object = Json.MAPPER.createObjectNode();
            object.put("bootstrapServers", state.bootstrapServers())
                    .put("registry", state.registryUrl())
                    .put("flink", state.flinkUrl())
                    .put("config", Clusters.config(folder).toString())
                    .put("pid", state.supervisor());
            out.println(Json.pretty(object));
        } else {
            Table table = new Table("broker", state.bootstrapServers());
            table.add("registry", state.registryUrl());
            table.add("Flink", state.flinkUrl());
            table.add("config", Clusters.config(folder).toString());
            out.print(table);
        }
        out.flush();
    }
}
