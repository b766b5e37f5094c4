package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaFieldAccess;
import com.tngtech.archunit.core.domain.JavaFieldAccess.AccessType;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.kiln.config.ConfigKeys;
import io.kiln.config.Key;
import io.kiln.config.KilnConfig;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No key of the configuration promises what nothing does: production code reads each of them. */
class ConfigKeysAreReadTest {
    private static final String CONFIG = KilnConfig.class.getPackageName();

    /** Accessors that production code outside config calls, as "record.component". */
    private static final Set<String> READ = read(productionCode());

    @Test
    void productionCodeReadsEveryKey() {
        List<RecordComponent> keys = keys(KilnConfig.class).toList();
        assertThat(keys).hasSameSizeAs(ConfigKeys.of(KilnConfig.defaults()));
        assertThat(unread(KilnConfig.class)).as("keys that nothing reads").isEmpty();
    }

    @Test
    void keyThatNothingReadsIsFound() {
        assertThat(unread(WithUnreadKey.class))
                .containsExactly(WithUnreadKey.class.getName() + ".unread");
    }

    record WithUnreadKey(KilnConfig read, @Key(about = "nothing") int unread) {}

    private static JavaClasses productionCode() {
        return new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .withImportOption(location -> !location.contains("-tests.jar"))
                .importPackages("io.kiln");
    }

    /**
     * What classes outside config call in config, and what the called methods read in turn: {@code
     * InputConfig.patches()} reads height, width and patch.
     */
    private static Set<String> read(JavaClasses classes) {
        Set<String> read = new TreeSet<>();
        for (JavaClass from : classes) {
            if (!from.getPackageName().equals(CONFIG)) {
                from.getAccessesFromSelf().forEach(access -> add(access, read));
            }
        }
        return read;
    }

    private static void add(JavaAccess<?> access, Set<String> read) {
        String owner = access.getTargetOwner().getName();
        boolean writes =
                access instanceof JavaFieldAccess field && field.getAccessType() == AccessType.SET;
        if (writes || !access.getTargetOwner().getPackageName().equals(CONFIG)) {
            return;
        }
        if (read.add(owner + "." + access.getTarget().getName())
                && access.getTarget().resolveMember().orElse(null) instanceof JavaMethod method) {
            method.getAccessesFromSelf().forEach(next -> add(next, read));
        }
    }

    private static List<String> unread(Class<?> section) {
        return keys(section)
                .map(key -> key.getDeclaringRecord().getName() + "." + key.getName())
                .filter(key -> !READ.contains(key))
                .collect(Collectors.toList());
    }

    private static Stream<RecordComponent> keys(Class<?> section) {
        return Stream.of(section.getRecordComponents())
                .flatMap(
                        component ->
                                component.isAnnotationPresent(Key.class)
                                        ? Stream.of(component)
                                        : keys(component.getType()));
    }
}
