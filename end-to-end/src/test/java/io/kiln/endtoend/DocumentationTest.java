package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.endtoend.MarkdownPage.Fence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The pages hold together: links, lines, fences, and what sources say of pages. */
class DocumentationTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final int COLUMNS = 120;

    /** What a page shows: commands that are run (bash) or not (sh), output, and code. */
    private static final Set<String> LANGUAGES =
            Set.of("bash", "sh", "text", "yaml", "java", "python", "math", "json", "xml");

    private static final Pattern PAGE_OF_DOCS = Pattern.compile("docs/[A-Za-z0-9_/.-]+\\.md");

    @Test
    void everyLinkAndAnchorResolves() throws IOException {
        List<String> broken = new ArrayList<>();
        for (MarkdownPage page : MarkdownPage.below(ROOT)) {
            for (String link : page.links()) {
                if (!isElsewhere(link) && !resolves(page, link)) {
                    broken.add(ROOT.relativize(page.file()) + ": " + link);
                }
            }
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void linesOfProseHaveAtMost120Columns() throws IOException {
        List<String> wide = new ArrayList<>();
        for (MarkdownPage page : MarkdownPage.below(ROOT)) {
            page.text()
                    .forEach(
                            (number, line) -> {
                                if (line.codePointCount(0, line.length()) > COLUMNS
                                        && !line.strip().startsWith("|")) {
                                    wide.add(ROOT.relativize(page.file()) + ":" + number);
                                }
                            });
        }
        assertThat(wide).isEmpty();
    }

    @Test
    void linesForJavaAreThoseOfATest() throws IOException {
        String test =
                Files.readString(
                        ROOT.resolve(
                                "encoder-client/src/test/java/io/kiln/encoder/EncoderHandleIT.java"));
        for (String page : List.of("README.md", "docs/how-to/use-weights.md")) {
            String shown =
                    MarkdownPage.read(ROOT.resolve(page)).fences().stream()
                            .filter(fence -> fence.code().contains("EncoderHandle.follow"))
                            .map(Fence::code)
                            .collect(Collectors.joining());
            assertThat(shown.lines()).as(page).hasSizeBetween(1, 10);
            String inTheTest =
                    shown.replace("\"checkpoints\"", "topic")
                            .replace("\"kiln\"", "\"tiny\"")
                            .replace("Path.of(\"cache\")", "folder.resolve(\"cache\")")
                            .stripTrailing();
            assertThat(withoutSpace(test))
                    .as(page)
                    .contains(withoutSpace(inTheTest.substring(0, inTheTest.length() - 1)));
        }
    }

    private static String withoutSpace(String code) {
        return code.replaceAll("\\s", "");
    }

    @Test
    void everyFenceSaysWhatItShows() throws IOException {
        List<String> unknown = new ArrayList<>();
        for (MarkdownPage page : MarkdownPage.below(ROOT)) {
            for (Fence fence : page.fences()) {
                if (!LANGUAGES.contains(fence.language())) {
                    unknown.add(
                            ROOT.relativize(page.file())
                                    + ":"
                                    + fence.line()
                                    + ": \""
                                    + fence.info()
                                    + "\"");
                }
            }
        }
        assertThat(unknown).isEmpty();
    }

    @Test
    void everyPageIsReachedFromTheReadme() throws IOException {
        Set<Path> reached = new TreeSet<>();
        Deque<Path> next = new ArrayDeque<>(List.of(ROOT.resolve("README.md")));
        while (!next.isEmpty()) {
            Path file = next.pop();
            if (!reached.add(file)) {
                continue;
            }
            for (String link : MarkdownPage.read(file).links()) {
                Path target = target(file, link);
                if (!isElsewhere(link) && target.toString().endsWith(".md")) {
                    next.push(target);
                }
            }
        }
        assertThat(MarkdownPage.below(ROOT))
                .extracting(MarkdownPage::file)
                .filteredOn(file -> file.startsWith(ROOT.resolve("docs")))
                .isSubsetOf(reached);
    }

    @Test
    void pagesThatSourcesNameExist() throws IOException {
        List<String> missing = new ArrayList<>();
        for (Path source :
                MarkdownPage.files(
                        ROOT,
                        ".java",
                        ".avsc",
                        ".py",
                        ".xml",
                        ".yml",
                        ".yaml",
                        ".sh",
                        "Dockerfile")) {
            Matcher named = PAGE_OF_DOCS.matcher(Files.readString(source));
            while (named.find()) {
                if (!Files.isRegularFile(ROOT.resolve(named.group()))) {
                    missing.add(ROOT.relativize(source) + ": " + named.group());
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void everyDecisionHasANumberOfItsOwnAndAllItsParts() throws IOException {
        List<MarkdownPage> decisions =
                MarkdownPage.below(ROOT.resolve("docs/decisions")).stream()
                        .filter(page -> !page.file().endsWith("README.md"))
                        .toList();
        assertThat(decisions).isNotEmpty();
        Map<String, Long> byNumber =
                decisions.stream()
                        .collect(
                                Collectors.groupingBy(
                                        page ->
                                                page.file()
                                                        .getFileName()
                                                        .toString()
                                                        .substring(0, 3),
                                        Collectors.counting()));
        assertThat(byNumber)
                .allSatisfy((number, pages) -> assertThat(pages).as(number).isEqualTo(1));
        for (MarkdownPage page : decisions) {
            assertThat(page.anchors())
                    .as(page.file().toString())
                    .contains("context", "decision", "consequences");
        }
    }

    private static boolean isElsewhere(String link) {
        return link.matches("(https?|mailto):.*");
    }

    private static Path target(Path file, String link) {
        String path = link.replaceFirst("#.*", "");
        return path.isEmpty() ? file : file.resolveSibling(path).normalize();
    }

    private static boolean resolves(MarkdownPage page, String link) {
        Path target = target(page.file(), link);
        int anchor = link.indexOf('#');
        if (anchor < 0 || !target.toString().endsWith(".md")) {
            return Files.exists(target);
        }
        return Files.isRegularFile(target)
                && MarkdownPage.read(target).anchors().contains(link.substring(anchor + 1));
    }
}
