package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.endtoend.MarkdownPage.Fence;
import io.kiln.images.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands of README, tutorial and how-to guides, run as they stand: every fence of bash, page
 * by page in the order of the manual's index, in one folder that looks like a checkout to them.
 * ~/Pictures is a folder of images. A fence of text that follows is what they print. Fences that
 * need timm run where {@code kiln.timm} names a virtual environment with the packages of
 * .ci/requirements.txt.
 */
class DocumentedCommandsIT {
    private static final Path ROOT = Path.of(System.getProperty("kiln.root"));
    private static final int IMAGES = 96;
    private static final String NEEDS_TIMM = "needs=timm";

    /** A bound for what hangs: on a busy machine the first checkpoint event takes minutes. */
    private static final Duration AT_MOST = Duration.ofMinutes(10);

    private static final Pattern HERE_DOCUMENT =
            Pattern.compile("<<'(\\w+)'.*?\\n\\1$", Pattern.DOTALL | Pattern.MULTILINE);

    private final Optional<Path> timm =
            Optional.of(System.getProperty("kiln.timm", ""))
                    .filter(p -> !p.isEmpty())
                    .map(Path::of);

    @TempDir private Path folder;

    private final List<String> notPrinted = new ArrayList<>();

    private Path work;

    @BeforeEach
    void fillFolders() throws IOException {
        work = Files.createDirectories(folder.resolve("work"));
        Files.createSymbolicLink(work.resolve("kiln"), ROOT.resolve("kiln"));
        if (timm.isPresent()) {
            Files.createSymbolicLink(work.resolve("venv"), timm.get().toAbsolutePath());
        }
        TestImages.writeJpegs(folder.resolve("home/Pictures"), IMAGES);
    }

    /** Whatever happened, no cluster of this test goes on. */
    @AfterEach
    void stopTheCluster() throws Exception {
        new Launcher(work).run("cluster", "stop", "--dir", "try");
    }

    /**
     * A fence of commands.
     *
     * @param page the page it is on
     * @param output what the page says that the commands print; empty if it says nothing
     */
    private record Block(MarkdownPage page, Fence fence, String output) {
        boolean is(String word) {
            return List.of(fence.info().split(" ")).contains(word);
        }
    }

    @Test
    void everyCommandOfThePagesRuns() throws Exception {
        int commands = 0;
        int skipped = 0;
        Set<String> pages = new HashSet<>();
        for (Block block : blocks()) {
            int lines = commands(block.fence.code());
            if (block.is(NEEDS_TIMM) && timm.isEmpty()) {
                skipped += lines;
                continue;
            }
            run(block);
            commands += lines;
            pages.add(ROOT.relativize(block.page.file()).toString());
        }
        System.out.printf(
                "%d documented commands ran, %d were skipped for want of timm%n",
                commands, skipped);
        assertThat(notPrinted).as("lines that the pages show, and the commands do not").isEmpty();
        assertThat(commands).isGreaterThan(30);
        assertThat(pages).contains("docs/tutorial.md", "docs/how-to/own-kafka.md");
    }

    /** Fences of bash in the order of the pages, those that are to come last at the end. */
    private static List<Block> blocks() throws IOException {
        List<Block> blocks = new ArrayList<>();
        List<Block> last = new ArrayList<>();
        for (MarkdownPage page : pages()) {
            for (int i = 0; i < page.fences().size(); i++) {
                Block block = new Block(page, page.fences().get(i), outputAfter(page.fences(), i));
                if (block.is("bash")) {
                    (block.is("last") ? last : blocks).add(block);
                }
            }
        }
        blocks.addAll(last);
        return blocks;
    }

    private static String outputAfter(List<Fence> fences, int commands) {
        return commands + 1 < fences.size() && fences.get(commands + 1).info().equals("text")
                ? fences.get(commands + 1).code()
                : "";
    }

    /** README, tutorial, and the how-to guides in the order of the manual's index. */
    private static List<MarkdownPage> pages() throws IOException {
        Path index = ROOT.resolve("docs/README.md");
        List<Path> files = new ArrayList<>();
        files.add(ROOT.resolve("README.md"));
        files.add(ROOT.resolve("docs/tutorial.md"));
        MarkdownPage.read(index).text().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .flatMap(
                        line ->
                                Pattern.compile("\\((how-to/[a-z0-9-]+\\.md)\\)")
                                        .matcher(line.getValue())
                                        .results())
                .map(link -> index.resolveSibling(link.group(1)))
                .forEach(files::add);
        assertThat(files)
                .as("how-to guides in the index")
                .containsAll(MarkdownPage.files(ROOT.resolve("docs/how-to"), ".md"));
        return files.stream().map(MarkdownPage::read).toList();
    }

    private void run(Block block) throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        ProcessBuilder builder =
                new ProcessBuilder("bash", "-euo", "pipefail", "-c", block.fence.code())
                        .directory(work.toFile())
                        .redirectErrorStream(true)
                        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                        .redirectOutput(output.toFile());
        builder.environment().put("HOME", folder.resolve("home").toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        boolean ended = process.waitFor(AT_MOST.toSeconds(), TimeUnit.SECONDS);
        if (!ended) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
        String where = ROOT.relativize(block.page.file()) + ":" + block.fence.line();
        String printed = Files.readString(output);
        assertThat(ended ? process.exitValue() : -1)
                .as("%s%n%s%n%s", where, block.fence.code(), printed)
                .isZero();
        PrintedOutput.missing(block.output, printed)
                .forEach(
                        line ->
                                notPrinted.add(
                                        where + " shows \"" + line + "\", not in:\n" + printed));
    }

    /** Lines that run something: no comments, no here-documents, a continued line counted once. */
    private static int commands(String code) {
        String lines = HERE_DOCUMENT.matcher(code).replaceAll("").replaceAll("\\\\\\n", " ");
        return (int) lines.lines().filter(l -> !l.isBlank() && !l.strip().startsWith("#")).count();
    }
}
