package io.kiln.cli.reference;

import com.sun.source.doctree.DocCommentTree;
import com.sun.source.doctree.DocTree;
import com.sun.source.doctree.LinkTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * The Javadoc of a class's constants as Markdown, in the order of the source.
 *
 * @param members comments by name of the constant
 * @param constants comments by value of the constant, of those whose value is a literal
 */
record SourceComments(Map<String, String> members, Map<String, String> constants) {
    private static final Path ROOT = Path.of("..");

    /** Reads the comments of a class in package io.kiln.MODULE. */
    static SourceComments of(String module, String className) throws IOException {
        Path file =
                ROOT.resolve(module)
                        .resolve("src/main/java/io/kiln")
                        .resolve(module)
                        .resolve(className + ".java");
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            JavacTask task =
                    (JavacTask)
                            compiler.getTask(
                                    null,
                                    files,
                                    null,
                                    List.of("-proc:none"),
                                    null,
                                    files.getJavaFileObjects(file));
            Scanner scanner = new Scanner(DocTrees.instance(task));
            for (CompilationUnitTree unit : task.parse()) {
                scanner.scan(unit, null);
            }
            return scanner.comments();
        }
    }

    private static final class Scanner extends TreePathScanner<@Nullable Void, @Nullable Void> {
        private final DocTrees trees;
        private final Map<String, String> members = new LinkedHashMap<>();
        private final Map<String, String> values = new LinkedHashMap<>();

        private Scanner(DocTrees trees) {
            this.trees = trees;
        }

        /** In the comments, the names of constants with a literal value become these values. */
        private SourceComments comments() {
            values.forEach(
                    (name, value) ->
                            members.replaceAll(
                                    (member, text) ->
                                            text.replace(
                                                    Markdown.code(name), Markdown.code(value))));
            Map<String, String> constants = new LinkedHashMap<>();
            values.forEach((name, value) -> constants.put(value, members.getOrDefault(name, "")));
            return new SourceComments(members, constants);
        }

        @Override
        public @Nullable Void visitVariable(VariableTree variable, @Nullable Void nothing) {
            DocCommentTree comment = trees.getDocCommentTree(getCurrentPath());
            if (comment != null) {
                String text = markdown(comment.getFullBody());
                members.put(variable.getName().toString(), text);
                if (variable.getInitializer() instanceof LiteralTree literal) {
                    values.put(variable.getName().toString(), String.valueOf(literal.getValue()));
                }
            }
            return null;
        }
    }

    private static String markdown(List<? extends DocTree> body) {
        return body.stream()
                .map(SourceComments::markdown)
                .collect(Collectors.joining())
                .replaceAll("\\s+", " ");
    }

    private static String markdown(DocTree tree) {
        if (tree instanceof LinkTree link) {
            return Markdown.code(link.getReference().getSignature().replaceFirst("^.*[#.]", ""));
        }
        if (tree instanceof com.sun.source.doctree.LiteralTree literal) {
            return Markdown.code(literal.getBody().getBody());
        }
        return tree.toString();
    }
}
