// The program of the transcripts, started once: loading libtorch takes a second, which a transcript
// of forty command lines would pay forty times. Every command line that comes on standard input
// runs in a process forked from this one, which has started no thread, and so finds what a program
// finds that was just started.
//
// A command line is the folder to run in, the environment and an empty string, the number of
// arguments, these, and the files for standard output and standard error, each ended by a zero
// byte. The answer is the exit code and a newline, 128 + the signal where one ended it.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "lienzo/cli/commandline.h"
#include "lienzo/tensor/huge_pages.h"

namespace {

std::string read_string() {
  std::string text;
  std::getline(std::cin, text, '\0');
  return text;
}

std::vector<std::string> read_environment() {
  std::vector<std::string> variables;
  for (std::string each = read_string(); !each.empty(); each = read_string())
    variables.push_back(each);
  return variables;
}

std::vector<std::string> read_arguments() {
  std::vector<std::string> arguments(std::stoul(read_string()));
  for (std::string& each : arguments) each = read_string();
  return arguments;
}

/// Pointers into the strings, and a null pointer after them.
std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> found;
  for (std::string& each : strings) found.push_back(each.data());
  found.push_back(nullptr);
  return found;
}

void put(const std::string& path, int flags, int descriptor) {
  const int file = ::open(path.c_str(), flags);
  if (file < 0 || ::dup2(file, descriptor) < 0) std::_Exit(126);
  ::close(file);
}

struct CommandLine {
  std::string folder = read_string();
  std::vector<std::string> environment = read_environment();
  std::vector<std::string> arguments = read_arguments();
  std::string output = read_string(), errors = read_string();
};

/// What main() of the program does.
[[noreturn]] void run(CommandLine line) {
  put("/dev/null", O_RDONLY, STDIN_FILENO);
  put(line.output, O_WRONLY | O_APPEND, STDOUT_FILENO);
  put(line.errors, O_WRONLY | O_APPEND, STDERR_FILENO);
  if (::chdir(line.folder.c_str()) != 0) std::_Exit(126);
  std::vector<char*> variables = pointers(line.environment);
  ::environ = variables.data();
  std::vector<char*> arguments = pointers(line.arguments);
  lienzo::tensor::use_huge_pages();
  const int code = lienzo::cli::run(static_cast<int>(line.arguments.size()), arguments.data());
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace

int main() {
  while (std::cin.peek() != std::istream::traits_type::eof()) {
    const CommandLine line;
    const pid_t child = ::fork();
    if (child < 0) return 1;
    if (child == 0) run(line);
    int status = 0;
    if (::waitpid(child, &status, 0) != child) return 1;
    std::cout << (WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)) << std::endl;
  }
}
