package io.kiln.operations.doctor;

import io.kiln.model.torch.EngineReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Judges what this machine and this process have by what training needs. */
public final class Doctor {
    private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");

    /** From here on glibc keeps what libtorch frees, instead of unmapping it. */
    private static final long LARGE_TRIM_THRESHOLD = 1L << 30;

    /**
     * One thing looked at.
     *
     * @param name of it
     * @param found what is there
     * @param advice what to change; empty if it is as it should be
     */
    public record Check(String name, String found, String advice) {
        public boolean good() {
            return advice.isEmpty();
        }
    }

    /**
     * What a process was started with.
     *
     * @param environment its variables
     * @param processors cores it may use
     * @param hugePages content of Linux's transparent_hugepage/enabled; empty if there is none
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
     * All checks.
     *
     * @param device training.device
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
                        ? "more threads than cores wait for each other: set training.threads or"
                                + " OMP_NUM_THREADS to "
                                + machine.processors()
                        : "");
    }

    private static Check bf16(EngineReport engine, String device, boolean asked) {
        boolean slow = asked && device.equals("cpu") && !engine.bf16();
        return new Check(
                "bf16 arithmetic",
                engine.bf16() ? "in the processor" : "not in the processor",
                slow ? "training.precision=bf16 is slower here: set fp32" : "");
    }

    private static Check allocator(Map<String, String> environment) {
        String preload = environment.getOrDefault("LD_PRELOAD", "");
        if (preload.contains("jemalloc")) {
            return new Check("allocator", "jemalloc", "");
        }
        boolean keeps =
                "1".equals(environment.get("MALLOC_ARENA_MAX"))
                        && "0".equals(environment.get("MALLOC_MMAP_MAX_"))
                        && number(environment.getOrDefault("MALLOC_TRIM_THRESHOLD_", "0"))
                                >= LARGE_TRIM_THRESHOLD;
        return new Check(
                "allocator",
                keeps ? "glibc, keeps memory mapped" : "glibc, maps and unmaps at each step",
                keeps
                        ? ""
                        : "steps take a multiple of their time: set MALLOC_ARENA_MAX=1, MALLOC_MMAP_MAX_=0"
                                + " and MALLOC_TRIM_THRESHOLD_=17179869184, or preload jemalloc");
    }

    private static long number(String text) {
        try {
            return Long.parseLong(text.strip());
        } catch (NumberFormatException e) {
            return 0;
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
                    asked ? "asked for" : "not asked for",
                    asked ? "" : "set GLIBC_TUNABLES=glibc.malloc.hugetlb=1");
        }
        return new Check(
                "large pages",
                "none",
                "write madvise to " + HUGE_PAGES + " if the system lets you");
    }
}
