package io.kiln.operations.doctor;

import io.kiln.model.torch.EngineReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Checks whether a machine and a process are set up for training. */
public final class Doctor {
    private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");

    /** What the launcher sets, so that glibc keeps large blocks mapped. */
    public static final String TUNABLES =
            "glibc.malloc.arena_max=1:glibc.malloc.mmap_max=0:"
                    + "glibc.malloc.trim_threshold=17179869184:glibc.malloc.hugetlb=1";

    /** From this threshold on, glibc keeps what libtorch frees. */
    private static final long LARGE_TRIM_THRESHOLD = 1L << 30;

    /**
     * The result of one check.
     *
     * @param name what was checked
     * @param found what was found
     * @param advice what to change; empty if nothing
     */
    public record Check(String name, String found, String advice) {
        public boolean good() {
            return advice.isEmpty();
        }
    }

    /**
     * The machine and the environment of a process.
     *
     * @param environment environment variables
     * @param processors cores the process may use
     * @param hugePages content of transparent_hugepage/enabled on Linux; empty if there is no such
     *     file
     */
    public record Machine(Map<String, String> environment, int processors, String hugePages) {
        public static Machine present() {
            String pages;
            try {
                pages = Files.readString(HUGE_PAGES).strip();
            } catch (IOException e) {
                pages = "";
            }
            return new Machine(System.getenv(), Runtime.getRuntime().availableProcessors(), pages);
        }
    }

    private Doctor() {}

    /**
     * Runs all checks.
     *
     * @param device value of training.device
     * @param bf16 whether training.precision is bf16
     */
    public static List<Check> examine(
            EngineReport engine, Machine machine, String device, boolean bf16) {
        return List.of(
                new Check("engine", "libtorch " + engine.version(), ""),
                new Check("flavor", engine.flavor() + ", from " + engine.libraries(), ""),
                device(engine, device),
                threads(engine, machine),
                bf16(engine, device, bf16),
                allocator(machine.environment()),
                hugePages(machine));
    }

    private static Check device(EngineReport engine, String device) {
        String found = device + "; the engine sees " + engine.gpus() + " GPUs";
        if (device.equals("cpu")) {
            return new Check(
                    "training.device",
                    found,
                    engine.gpus() > 0 ? "set training.device=gpu to train on a GPU" : "");
        }
        int number = device.contains(":") ? Integer.parseInt(device.substring(4)) : 0;
        return new Check(
                "training.device",
                found,
                engine.gpus() > number
                        ? ""
                        : "libtorch of flavor "
                                + engine.flavor()
                                + " sees no such GPU: set PYTORCH_LIBRARY_PATH, PYTORCH_VERSION"
                                + " and PYTORCH_FLAVOR to a CUDA build (docs/how-to/gpu.md)");
    }

    private static Check threads(EngineReport engine, Machine machine) {
        String found = engine.threads() + " on " + machine.processors() + " cores";
        return new Check(
                "threads",
                found,
                engine.threads() > machine.processors()
                        ? "there are more threads than cores: set training.threads or"
                                + " OMP_NUM_THREADS to "
                                + machine.processors()
                        : "");
    }

    private static Check bf16(EngineReport engine, String device, boolean asked) {
        boolean slow = asked && device.equals("cpu") && !engine.bf16();
        return new Check(
                "bf16 arithmetic",
                engine.bf16() ? "supported by the processor" : "not supported by the processor",
                slow ? "training.precision=bf16 is slower here: set fp32" : "");
    }

    private static Check allocator(Map<String, String> environment) {
        String preload = environment.getOrDefault("LD_PRELOAD", "");
        if (preload.contains("jemalloc")) {
            return new Check("allocator", "jemalloc", "");
        }
        boolean keeps =
                setting(environment, "MALLOC_ARENA_MAX", "arena_max") == 1
                        && setting(environment, "MALLOC_MMAP_MAX_", "mmap_max") == 0
                        && setting(environment, "MALLOC_TRIM_THRESHOLD_", "trim_threshold")
                                >= LARGE_TRIM_THRESHOLD;
        return new Check(
                "allocator",
                keeps ? "glibc, keeps memory mapped" : "glibc, maps and unmaps memory in each step",
                keeps
                        ? ""
                        : "steps take several times as long: set GLIBC_TUNABLES="
                                + TUNABLES
                                + ", or preload jemalloc");
    }

    /**
     * A setting of glibc's malloc: a tunable or the variable of the same meaning; -1 if not set.
     */
    private static long setting(Map<String, String> environment, String variable, String tunable) {
        String text =
                Stream.of(environment.getOrDefault("GLIBC_TUNABLES", "").split(":"))
                        .filter(pair -> pair.startsWith("glibc.malloc." + tunable + "="))
                        .map(pair -> pair.substring(pair.indexOf('=') + 1))
                        .findFirst()
                        .orElse(environment.getOrDefault(variable, ""));
        try {
            return Long.parseLong(text.strip());
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static Check hugePages(Machine machine) {
        String tunables = machine.environment().getOrDefault("GLIBC_TUNABLES", "");
        boolean asked = tunables.contains("glibc.malloc.hugetlb=1");
        if (machine.hugePages().contains("[always]")) {
            return new Check("large pages", "always", "");
        }
        if (machine.hugePages().contains("[madvise]")) {
            return new Check(
                    "large pages",
                    asked ? "requested" : "not requested",
                    asked ? "" : "set GLIBC_TUNABLES=glibc.malloc.hugetlb=1");
        }
        return new Check(
                "large pages",
                "none",
                "write madvise to " + HUGE_PAGES + ", if you are allowed to");
    }
}
