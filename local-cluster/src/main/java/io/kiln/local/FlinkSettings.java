package io.kiln.local;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Flink's settings for a cluster on one machine. */
final class FlinkSettings {
    private static final int FRAMEWORK_HEAP_MEBIBYTES = 128;

    /** Relative to the processes' folder, whose name may hold a comma. */
    private static final String TEMPORARY = "./tmp"; // Flink asks for its parent

    private FlinkSettings() {}

    /**
     * @param port of the REST API; the job manager has another, which is free
     */
    static Map<String, String> of(int port, FlinkCluster.Size size) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("jobmanager.rpc.address", "localhost");
        settings.put("jobmanager.rpc.port", Integer.toString(Ports.free()));
        settings.put("rest.address", "localhost");
        settings.put("rest.port", Integer.toString(port));
        settings.put("jobmanager.bind-host", "localhost"); // the blob server's too
        settings.put("taskmanager.bind-host", "localhost");
        settings.put("rest.bind-address", "localhost");
        settings.put("io.tmp.dirs", TEMPORARY);
        settings.put("web.tmpdir", TEMPORARY);
        settings.put("taskmanager.host", "localhost");
        settings.put("taskmanager.numberOfTaskSlots", Integer.toString(size.slots()));
        settings.put("taskmanager.cpu.cores", "1.0");
        putMemory(settings, size.heapMebibytes());
        putFailureDetection(settings);
        putReporter(settings);
        return settings;
    }

    /** The port is an option of each process. Names of jobs keep their spaces and slashes. */
    private static void putReporter(Map<String, String> settings) {
        settings.put("metrics.reporters", "prom");
        settings.put(
                "metrics.reporter.prom.factory.class",
                "org.apache.flink.metrics.prometheus.LoopbackPrometheusReporterFactory");
        settings.put("metrics.reporter.prom.filterLabelValueCharacters", "false");
    }

    /** The option of a process that says where its metrics are. */
    static String metricsPort(int port) {
        return "-Dmetrics.reporter.prom.port=" + port;
    }

    private static void putMemory(Map<String, String> settings, int heapMebibytes) {
        settings.put("taskmanager.memory.framework.heap.size", mebibytes(FRAMEWORK_HEAP_MEBIBYTES));
        settings.put(
                "taskmanager.memory.task.heap.size",
                mebibytes(heapMebibytes - FRAMEWORK_HEAP_MEBIBYTES));
        settings.put("taskmanager.memory.framework.off-heap.size", mebibytes(128));
        settings.put("taskmanager.memory.task.off-heap.size", mebibytes(512));
        settings.put("taskmanager.memory.managed.size", mebibytes(32));
        settings.put("taskmanager.memory.network.min", mebibytes(64));
        settings.put("taskmanager.memory.network.max", mebibytes(64));
        settings.put("taskmanager.memory.jvm-metaspace.size", mebibytes(256));
        settings.put("taskmanager.memory.jvm-overhead.min", mebibytes(128));
        settings.put("taskmanager.memory.jvm-overhead.max", mebibytes(128));
    }

    /** Reasons: docs/how-to/recover.md. */
    private static void putFailureDetection(Map<String, String> settings) {
        settings.put("heartbeat.interval", "2 s");
        settings.put("heartbeat.timeout", "20 s");
        settings.put("heartbeat.rpc-failure-threshold", "2");
        settings.put("task.cancellation.timeout", "10 min");
    }

    private static String mebibytes(int number) {
        return number + "m";
    }

    /** In YAML; quotes keep what would mean something else there. */
    static List<String> lines(Map<String, String> settings) {
        return settings.entrySet().stream()
                .map(setting -> setting.getKey() + ": " + quoted(setting.getValue()))
                .toList();
    }

    private static String quoted(String value) {
        return "'" + value.replace("'", "''") + "'";
    }
}
